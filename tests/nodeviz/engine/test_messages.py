"""The wire form: arrays come back bit for bit, and what is no message is refused cleanly."""

from contextlib import suppress

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nodeviz.engine import messages
from nodeviz.engine.messages import (
    AskPortrait,
    Checkpoint,
    Configure,
    Portrait,
    Restore,
    decode_command,
    decode_event,
    encode,
    origin_of,
)
from nodeviz.engine.packed import Curve, pack, unpack
from nodeviz.experiment import Experiment
from nodeviz.settings import edited

NUMBERS = st.sampled_from(["<f4", "<f8", ">f8", "<i8", "u1", "?", "<c16"])


@given(NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))))
def test_arrays_come_back_bit_for_bit(array):
    checkpoint = Checkpoint(step=3, theta=pack(array), optimiser={"adam.mean": pack(array)}, random=pack(array))
    back = decode_event(encode(checkpoint))
    for came in (unpack(back.theta), unpack(back.optimiser["adam.mean"]), unpack(back.random)):
        assert came.shape == array.shape and came.dtype == array.dtype.newbyteorder("<")
        assert came.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()
        assert not came.flags.writeable


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_worse(data):
    for decode in (decode_command, decode_event):
        try:
            decode(data)
        except msgspec.DecodeError:
            pass
        else:
            pytest.fail(f"{data!r} was taken for a message")
    origin_of(data)


@given(st.data())
def test_a_message_cut_short_or_bent_is_refused_and_nothing_worse(data):
    whole = bytearray(encode(Configure(Experiment(), run=2, revision=9)))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    with suppress(msgspec.DecodeError):
        decode_command(bytes(whole[: data.draw(st.integers(1, len(whole)))]))


def test_an_experiment_out_of_bounds_is_refused_with_the_path_and_still_says_whose_it_was():
    data = encode(Configure(Experiment(), run=2, revision=9)).replace(b"\xa5width2", b"\xa5width\xff")
    with pytest.raises(msgspec.ValidationError, match=r"experiment\.field\.width"):
        decode_command(data)
    assert (origin_of(data).run, origin_of(data).revision) == (2, 9)


def test_commands_and_events_keep_every_field():
    experiment = edited(Experiment(), "solver.rtol", 3e-4)
    curve = Curve(pack(np.arange(3.0)), pack(np.ones((3, 2))), 10, 2, 1, "success", "")
    portrait = Portrait(
        run=1, revision=2, question=3, step=4, t=0.5, extent=(-1.0, 1.0, -2.0, 2.0),
        velocity=pack(np.zeros((2, 2, 2), np.float32)), learnt=(curve,), user=(), milliseconds=1.5,
    )  # fmt: skip
    assert decode_event(encode(portrait)) == portrait
    for command in (
        Configure(experiment, run=1, revision=2),
        AskPortrait(7, (-1.0, 1.0, -1.0, 1.0), 0.0, ((0.5, 0.5),), run=1),
        Restore(Checkpoint(step=1, theta=pack(np.ones(2)), optimiser={}, random=pack(np.zeros(0))), run=1),
    ):
        assert decode_command(encode(command)) == command


def test_a_lossy_event_is_never_one_of_the_lossless():
    told = {messages.Progress, messages.Configured, messages.ActivityChanged, messages.Failed, messages.Diverged}
    lossless = told | {messages.WeightsLeft}
    assert lossless.isdisjoint(messages.LOSSY)
