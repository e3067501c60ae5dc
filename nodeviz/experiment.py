"""Experiment: the one frozen value that a run depends on, and its file form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset, Spiral
from nodeviz.fields import Field, MLPField
from nodeviz.fields.layout import Layout, size_of
from nodeviz.settings import Choice, Settings, described, explained
from nodeviz.tasks import FitTrajectories, SolverSettings, Task

__all__ = ["Experiment", "SolverSettings", "TrainingSettings", "ViewSettings", "decode", "encode"]

OPTIMISER_CHOICES = (
    Choice("adam", "Adam", "Steps scaled by running means of the gradient and of its square."),
    Choice("adamw", "AdamW", "Adam, with weight decay apart from the gradient."),
    Choice("rmsprop", "RMSprop", "Steps scaled by a running mean of the squared gradient."),
    Choice("sgd", "SGD", "Plain steps down the gradient."),
)


class TrainingSettings(Settings, frozen=True):
    """How θ is optimised. Every change acts from the next step on; seed and device rebuild."""

    optimiser: Annotated[
        Literal["adam", "adamw", "rmsprop", "sgd"],
        described("optimiser", "The rule that turns gradients into steps.", choices=OPTIMISER_CHOICES),
    ] = "adam"
    learning_rate: Annotated[
        float, described("learning rate", "Size of one optimiser step.", low=1e-6, high=1.0, scale="log")
    ] = 1e-2
    decay: Annotated[
        float,
        described(
            "rate decay",
            "The rate is divided by 1 + step / this; 0 keeps it constant.",
            low=0.0,
            high=1e6,
            unit="steps",
        ),
    ] = 500.0
    averaging: Annotated[
        float,
        described(
            "averaging",
            "What is drawn, evaluated and saved is a running mean of θ that keeps this share each step; 0 is off.",
            low=0.0,
            high=0.9999,
        ),
    ] = 0.995
    weight_decay: Annotated[
        float, described("weight decay", "Pull of the weights towards zero.", low=0.0, high=1.0)
    ] = 0.0
    clip: Annotated[
        float, described("gradient clip", "Largest norm of the gradient; 0 leaves it as it is.", low=0.0, high=100.0)
    ] = 0.0
    seed: Annotated[
        int, described("seed", "Fixes the initial weights, the noise and the batches.", low=0, high=2**31 - 1)
    ] = 0
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], described("device", "Where training runs; auto takes CUDA when it pays.")
    ] = "auto"


BACKGROUND_CHOICES = (
    Choice("speed", "speed", "The speed |f| as a heat map."),
    Choice("surface", "surface", "What the task has to show: the decision surface, the density, the potential."),
    Choice("none", "none", "Nothing."),
)


class ViewSettings(Settings, frozen=True):
    """What the phase plane draws. A change only redraws."""

    background: Annotated[
        Literal["speed", "surface", "none"],
        described("background", "What lies under everything else.", choices=BACKGROUND_CHOICES),
    ] = "speed"
    arrows: Annotated[bool, described("arrows", "The direction field on a grid.")] = False
    particles: Annotated[bool, described("particles", "Particles carried by the field.")] = True
    target: Annotated[bool, described("target", "The trajectory to learn, as a ghost.")] = True
    data: Annotated[bool, described("data", "The observed points that training sees.")] = True
    learnt: Annotated[bool, described("learnt", "The field's own trajectory.")] = True
    cloud: Annotated[bool, described("points", "Points that the flow carries to the time looked at.")] = True
    lift: Annotated[bool, described("lift", "An augmented dimension as height above the plane.")] = True
    layers: Annotated[
        int,
        described(
            "layers",
            "Look at the weights as a ResNet of so many equal layers, Euler steps; 0 is the ODE alone.",
            low=0,
            high=256,
            scale="log",
        ),
    ] = 0
    starts: tuple[tuple[float, float], ...] = ()


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a run depends on. Two equal experiments with equal seeds give equal weights on one device.

    Raises `ValueError` when its parts do not fit one another.
    """

    name: str = "spiral"
    task: Task = FitTrajectories()
    dataset: Dataset = Spiral()
    field: Field = MLPField()
    solver: SolverSettings = SolverSettings()
    training: TrainingSettings = TrainingSettings()
    view: ViewSettings = ViewSettings()

    def __post_init__(self) -> None:
        self.task.check(self.dataset, self.field)
        self.task.check_solver(self.solver, self.field)

    def layout(self) -> Layout:
        """The named parts of θ, in order: the field's, then the task's own. Their names differ."""
        return self.field.layout() + self.task.layout(self.dataset, self.field)

    def initial_parameters(self) -> NDArray[np.float32]:
        """θ at step 0: the same for the same seed on every machine."""
        seed = self.training.seed
        own = self.task.initial_parameters(self.dataset, self.field, seed)
        return np.concatenate([self.field.initial_parameters(seed), own])

    def of_field(self, theta: NDArray[np.float32]) -> NDArray[np.float32]:
        """The field's part of θ."""
        return theta[: size_of(self.field.layout())]


def encode(experiment: Experiment) -> bytes:
    """The experiment as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(experiment), indent=2)


def decode(text: bytes | str, folder: Path | None = None) -> Experiment:
    """The experiment in JSON `text`, that is perhaps from a file in `folder`.

    Where its data's own file is not where it was, one of that name in the folder takes its place, so that both may be
    moved together. Raises `ValueError` naming the path of what is wrong.
    """
    try:
        written = msgspec.json.decode(text)
        if folder is not None:
            _take_from(folder, written)
        return msgspec.convert(written, Experiment)
    except msgspec.DecodeError as error:
        raise ValueError(f"This is not an experiment nodeviz can read: {explained(error, Experiment)}") from error
    except RecursionError as error:
        raise ValueError("This is not an experiment nodeviz can read: it is nested too deeply.") from error


def _take_from(folder: Path, written: Any) -> None:
    """Let the dataset in `written` name the file in `folder`, where there is one and its own is not there."""
    dataset = written.get("dataset") if isinstance(written, dict) else None
    if not isinstance(dataset, dict):
        return
    path = dataset.get("path")
    if not isinstance(path, str) or not path or (Path(path).is_absolute() and Path(path).exists()):
        return
    beside = folder / re.split(r"[/\\]", path)[-1]
    if beside.is_file():
        dataset["path"] = str(beside.absolute())
