"""Model files: what is written comes back, and what is wrong with a file is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from nodeviz.experiment import Experiment
from nodeviz.fields import FIELDS
from nodeviz.library import model_file
from nodeviz.library.model_file import Model, decode_model, encode_model, initial_model, load_model, save_model

WHOLE = initial_model(Experiment())._replace(
    step=420,
    optimiser={"m": np.arange(3, dtype=np.float64), "steps": np.array(420)},
    random=np.frombuffer(b"state", np.uint8),
)


def rewritten(data: bytes, **metadata: str | None) -> bytes:
    """The file with other metadata; None takes an entry out."""
    length = int.from_bytes(data[:8], "little")
    known = json.loads(data[8 : 8 + length])["__metadata__"]
    wanted = {name: value for name, value in (known | metadata).items() if value is not None}
    return save(load(data), wanted)


def with_header(header: Any) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_comes_back_as_it_was(field: Any, tmp_path: Path) -> None:
    model = initial_model(Experiment(field=field()))
    save_model(tmp_path / "model.nodeviz", model)
    back = load_model(tmp_path / "model.nodeviz")
    assert back.experiment == model.experiment
    np.testing.assert_array_equal(back.theta, model.theta)


def test_all_that_training_needs_comes_back() -> None:
    back = decode_model(encode_model(WHOLE))
    assert back.step == 420
    assert back.optimiser.keys() == WHOLE.optimiser.keys()
    for name, array in WHOLE.optimiser.items():
        np.testing.assert_array_equal(back.optimiser[name], array)
        assert back.optimiser[name].shape == array.shape
    assert back.random.tobytes() == b"state"


def test_other_programs_find_the_weights_under_the_fields_names() -> None:
    tensors = load(encode_model(WHOLE))
    for slot in WHOLE.experiment.field.layout():
        assert tensors[slot.name].shape == slot.shape


def test_equal_models_give_equal_bytes() -> None:
    assert len({encode_model(WHOLE) for _ in range(5)}) == 1


def test_a_file_cut_short_anywhere_is_refused_with_a_sentence() -> None:
    data = encode_model(WHOLE)
    for length in range(0, len(data), 97):
        with pytest.raises(ValueError, match=r"cut short|empty|no nodeviz model"):
            decode_model(data[:length])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(100), "no nodeviz model"),
        (b"\x80\x04\x95 a pickle of somebody" + bytes(100), "no nodeviz model"),
        (b"\xff" * 8 + b"{}", "cut short"),
        ((2**62).to_bytes(8, "little") + b"{" + bytes(64), "cut short"),
        ((9).to_bytes(8, "little") + b"{not json", "not JSON"),
        ((20_000).to_bytes(8, "little") + b'{"a":' * 4_000, "not JSON"),
        (with_header({}), "not made by nodeviz"),
        (with_header({"__metadata__": 3}), "not made by nodeviz"),
        (save({"w": np.zeros(3)}, {"made": "elsewhere"}), "not made by nodeviz"),
        (rewritten(encode_model(WHOLE), format="999"), "newer nodeviz"),
        (rewritten(encode_model(WHOLE), format="soon"), "format should be a number"),
        (rewritten(encode_model(WHOLE), format="1" * 5000), "format should be a number"),
        (rewritten(encode_model(WHOLE), step="-3"), "step should be a number"),
        (rewritten(encode_model(WHOLE), step="٣"), "step should be a number"),
        (rewritten(encode_model(WHOLE), step="9" * 5000), "step should be a number"),
        (rewritten(encode_model(WHOLE), step=str(2**53 + 1)), r"at most 9,007,199,254,740,992; it is 9,007"),
        (encode_model(WHOLE._replace(theta=WHOLE.theta * np.nan)), "no number, in the weights"),
        (encode_model(WHOLE._replace(theta=np.full_like(WHOLE.theta, np.inf))), "no number, in the weights"),
        (encode_model(WHOLE._replace(optimiser={"trained": np.array([np.inf])})), "no number, in trained"),
        (rewritten(encode_model(WHOLE), nodeviz='{"name": 3}'), "experiment"),
        (rewritten(encode_model(WHOLE), nodeviz="[" * 100_000), "experiment"),
        (
            rewritten(encode_model(WHOLE), nodeviz='{"field": {"kind": "mlp", "width": 7}}'),
            r"'layers.0.weight' of shape \(7, 2\)",
        ),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        decode_model(data)


def test_tensors_that_overlap_or_lie_outside_are_refused() -> None:
    data = encode_model(WHOLE)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["layers.0.weight"]["data_offsets"] = [0, 2**60]
    with pytest.raises(ValueError, match="weights cannot be read"):
        decode_model(with_header(header) + data[8 + length :])


@given(st.binary(max_size=300), st.integers(0, 2000))
def test_damage_is_never_anything_but_a_value_error(noise: bytes, place: int) -> None:
    data = encode_model(WHOLE)
    place %= len(data)
    damaged = data[:place] + noise + data[place + len(noise) :]
    try:
        model = decode_model(damaged)
    except ValueError:
        return
    assert model.theta.shape == WHOLE.theta.shape or model.experiment != WHOLE.experiment


def test_a_file_of_absurd_size_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.nodeviz"
    path.write_bytes(bytes(2000))
    monkeypatch.setattr(model_file, "LARGEST", 1000)
    with pytest.raises(ValueError, match=r"huge\.nodeviz has 2,000 bytes"):
        load_model(path)


def test_a_model_of_no_parameters_is_a_model() -> None:
    formula = next(field for field in FIELDS if "parameters" in field.__struct_fields__)
    model = initial_model(Experiment(field=formula(dx="-x", dy="-y", parameters=())))
    assert decode_model(encode_model(model)).theta.shape == (0,)
    assert isinstance(model, Model)
