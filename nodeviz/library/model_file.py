"""What a model file holds: safetensors weights named by the layout of θ, and the experiment as JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from nodeviz import experiment as experiments
from nodeviz.experiment import Experiment
from nodeviz.fields.layout import join, split
from nodeviz.library.atomic import write_atomically

SUFFIX = ".nodeviz"
FORMAT = 1
LARGEST = 2**30
"""Bytes. No model of the plane comes near it, and what is larger is not read into memory."""
MOST_STEPS = 2**53
"""Beyond it, a float has no room for the next step."""

OPTIMISER = "optimiser:"
RANDOM = "random:state"
# Neither can be the name of a parameter: a colon is in no layout.


class Model(NamedTuple):
    """A trained field: θ of `experiment` after `step` training steps.

    optimiser and random are what training needs to go on exactly; both are empty in a file made only to be looked at.
    """

    experiment: Experiment
    theta: NDArray[np.float32]
    step: int = 0
    optimiser: Mapping[str, NDArray[Any]] = MappingProxyType({})
    random: NDArray[np.uint8] = np.zeros(0, np.uint8)


def initial_model(experiment: Experiment) -> Model:
    """The model at step 0: the weights of the experiment's seed."""
    return Model(experiment, experiment.initial_parameters())


def save_model(path: Path, model: Model) -> None:
    """Write `model` to `path`, atomically. Raises `OSError`."""
    write_atomically(path, encode_model(model))


def load_model(path: Path) -> Model:
    """The model in the file at `path`. Raises `ValueError` saying what is wrong with the file, or `OSError`."""
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{path.name} has {size:,} bytes; a nodeviz model has at most {LARGEST:,}.")
    try:
        return decode_model(path.read_bytes(), path.parent)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def encode_model(model: Model) -> bytes:
    """The bytes of a model file; equal models give equal bytes."""
    tensors: dict[str, NDArray[Any]] = dict(split(model.experiment.layout(), model.theta))
    tensors |= {OPTIMISER + name: array for name, array in model.optimiser.items()}
    if model.random.size:
        tensors[RANDOM] = model.random
    metadata = {
        "format": str(FORMAT),
        "nodeviz": experiments.encode(model.experiment).decode(),
        "step": str(model.step),
    }
    contiguous = {name: np.array(array, order="C") for name, array in tensors.items()}
    return _ordered(save_tensors(contiguous, metadata))


def decode_model(data: bytes, folder: Path | None = None) -> Model:
    """The model in `data`, from a file in `folder`, if any. Raises `ValueError` saying what is wrong."""
    metadata = _metadata(data)
    experiment = experiments.decode(metadata["nodeviz"], folder)
    tensors = _tensors(data)
    optimiser = {
        name.removeprefix(OPTIMISER): tensors.pop(name) for name in list(tensors) if name.startswith(OPTIMISER)
    }
    random = tensors.pop(RANDOM, np.zeros(0, np.uint8))
    theta = join(experiment.layout(), tensors)
    _check_finite({"the weights": theta} | optimiser)
    return Model(experiment, theta, _step(metadata), optimiser, random)


def _metadata(data: bytes) -> dict[str, str]:
    metadata = _header(data).get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("nodeviz"), str):
        raise ValueError("This safetensors file was not made by nodeviz: it holds weights, but no experiment.")
    written = str(metadata.get("format", ""))
    if not _is_whole(written):
        raise ValueError(f"The file's format should be a number, such as {FORMAT}; it is {written[:20]!r}.")
    if int(written) > FORMAT:
        raise ValueError(
            f"A newer nodeviz wrote this file (format {int(written)}; this one reads up to {FORMAT}). Update nodeviz."
        )
    return metadata


def _header(data: bytes) -> dict[str, Any]:
    """The JSON header: eight bytes of little-endian length, then the text."""
    if len(data) < 8:
        raise ValueError(f"The file has only {len(data)} bytes: it is empty or was cut short.")
    length = int.from_bytes(data[:8], "little")
    if data[8:9] != b"{":
        raise ValueError("This is no nodeviz model: it does not begin as a safetensors file does.")
    if length > len(data) - 8:
        raise ValueError(
            f"The file was cut short: its header should have {length:,} bytes, {len(data) - 8:,} are there."
        )
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise ValueError("This is no nodeviz model: its header is not JSON.") from error
    return header


def _tensors(data: bytes) -> dict[str, NDArray[Any]]:
    try:
        return load_tensors(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a dtype that numpy does not have
        raise ValueError(f"The file's weights cannot be read; it was cut short or damaged ({error}).") from error


def _step(metadata: dict[str, str]) -> int:
    written = str(metadata.get("step", ""))
    if not _is_whole(written):
        raise ValueError(f"The file's training step should be a number; it is {written[:20]!r}.")
    if (step := int(written)) > MOST_STEPS:
        raise ValueError(f"The file's training step should be a number of at most {MOST_STEPS:,}; it is {step:,}.")
    return step


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 20


def _check_finite(parts: dict[str, NDArray[Any]]) -> None:
    for name, part in parts.items():
        if not np.isfinite(part).all():
            raise ValueError(f"The file holds infinite numbers, or what is no number, in {name}; it is damaged.")


def _ordered(data: bytes) -> bytes:
    """The same safetensors file with its metadata in order: the library writes them in another order each time."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + data[8 + length :]
