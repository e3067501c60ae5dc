"""Experiment: the one frozen value that a run depends on, and its file form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from nodeviz.datasets import Dataset, Spiral
from nodeviz.fields import Field, MLPField
from nodeviz.settings import Choice, Settings, described
from nodeviz.tasks import FitTrajectories, Task
from solver.methods import METHODS

METHOD_CHOICES = tuple(Choice(method.name, method.label, method.sentence) for method in METHODS)

if TYPE_CHECKING:
    MethodName = str
else:  # the names come from the one tuple that lists the methods
    MethodName = Literal[tuple(method.name for method in METHODS)]

GRADIENT_CHOICES = (
    Choice("checkpointed", "checkpointed", "Exact for the discrete solve: keeps accepted states, re-runs each step."),
    Choice("direct", "direct backprop", "Backprop through every operation of the solver; memory grows with steps."),
    Choice(
        "backsolve",
        "backsolve adjoint",
        "The paper's adjoint: O(1) memory, but its gradient can be wrong by orders of magnitude at loose tolerances.",
    ),
)


class SolverSettings(Settings, frozen=True):
    """How trajectories are integrated and differentiated. Every change acts from the next step on."""

    method: Annotated[
        MethodName, described("method", "The scheme that advances the solution.", choices=METHOD_CHOICES)
    ] = "dopri5"
    rtol: Annotated[
        float,
        described(
            "rtol", "Relative tolerance of an adaptive step's error estimate.", low=1e-12, high=1e-1, scale="log"
        ),
    ] = 1e-5
    atol: Annotated[
        float,
        described(
            "atol", "Absolute tolerance of an adaptive step's error estimate.", low=1e-12, high=1e-1, scale="log"
        ),
    ] = 1e-5
    dt: Annotated[
        float, described("step size", "Step size of the fixed-step methods.", low=1e-4, high=1.0, scale="log", unit="s")
    ] = 0.025
    controller: Annotated[
        Literal["auto", "fixed", "I", "PI", "PID"],
        described("controller", "What chooses the step size: auto is fixed or PI, as the method allows."),
    ] = "auto"
    gradient: Annotated[
        Literal["checkpointed", "direct", "backsolve"],
        described("gradient", "How the solve is differentiated.", choices=GRADIENT_CHOICES),
    ] = "checkpointed"
    max_steps: Annotated[
        int, described("max steps", "A solve stops with a status after so many steps.", low=10, high=1_000_000)
    ] = 10_000


class TrainingSettings(Settings, frozen=True):
    """How θ is optimised. Every change acts from the next step on; seed and device rebuild."""

    optimiser: Annotated[
        Literal["adam", "adamw", "rmsprop", "sgd"], described("optimiser", "The rule that turns gradients into steps.")
    ] = "adam"
    learning_rate: Annotated[
        float, described("learning rate", "Size of one optimiser step.", low=1e-6, high=1.0, scale="log")
    ] = 1e-2
    decay: Annotated[
        float,
        described("rate decay", "The rate is divided by 1 + step / this; 0 keeps it constant.", low=0.0, high=1e6, unit="steps"),
    ] = 500.0
    averaging: Annotated[
        float,
        described(
            "averaging",
            "Weights shown, evaluated and saved are a running mean that keeps this share of the old at each step; 0 is off.",
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


class ViewSettings(Settings, frozen=True):
    """What the phase plane draws. A change only redraws."""

    background: Annotated[
        Literal["speed", "none"], described("background", "Heat map of the speed |f|, or nothing.")
    ] = "speed"
    arrows: Annotated[bool, described("arrows", "The direction field on a grid.")] = False
    particles: Annotated[bool, described("particles", "Particles carried by the field.")] = True
    target: Annotated[bool, described("target", "The trajectory to learn, as a ghost.")] = True
    data: Annotated[bool, described("data", "The observed points that training sees.")] = True
    learnt: Annotated[bool, described("learnt", "The field's own trajectory.")] = True
    starts: tuple[tuple[float, float], ...] = ()


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a run depends on. Two equal experiments with equal seeds give equal weights on one device."""

    name: str = "spiral"
    task: Task = FitTrajectories()
    dataset: Dataset = Spiral()
    field: Field = MLPField()
    solver: SolverSettings = SolverSettings()
    training: TrainingSettings = TrainingSettings()
    view: ViewSettings = ViewSettings()


def encode(experiment: Experiment) -> bytes:
    """The experiment as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(experiment), indent=2)


def decode(text: bytes | str) -> Experiment:
    """The experiment in JSON `text`. Raises `ValueError` naming the path of what is wrong."""
    try:
        return msgspec.json.decode(text, type=Experiment)
    except msgspec.DecodeError as error:
        raise ValueError(f"This is not an experiment nodeviz can read: {error}.") from error
