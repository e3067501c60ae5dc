"""How trajectories are solved: the settings, and the one place where they become a call of `solver.solve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from nodeviz.settings import Choice, Settings, described
from nodeviz.tasks.attentive import attentive
from nodeviz.tasks.tableau import WrittenTableau, method_of
from solver.gradient_modes import GRADIENT_MODES
from solver.method import (
    AdamsBashforth,
    AdamsBashforthMoulton,
    AsynchronousLeapfrog,
    ImplicitRungeKutta,
    Method,
    RungeKutta,
    Symplectic,
)
from solver.methods import METHODS

if TYPE_CHECKING:
    from torch import Tensor

    from solver import Solution
    from solver.field import DifferentiableField, Field

LISTED = {method.name: method for method in METHODS}
OWN = "own"
"""The method whose tableau the user wrote."""

COMMON_METHODS = ("euler", "midpoint", "heun", "rk4", "ab4", "bosh3", "dopri5", "tsit5", "dop853", "radau5")
"""What a slider stops at: one or two of each kind, from coarse to fine."""


def _group(method: Method) -> str:
    """What a list of methods puts it under."""
    match method:
        case ImplicitRungeKutta():
            return "Implicit: for stiff fields"
        case Symplectic() | AsynchronousLeapfrog():
            return "Keeping structure"
        case AdamsBashforth() | AdamsBashforthMoulton():
            return "Multistep: fixed steps, few evaluations"
    return "Adaptive: steps from rtol and atol" if method.adaptive else "Fixed steps"


OWN_CHOICE = Choice(OWN, "Own tableau", "The Butcher tableau that you opened.", "Own", common=False)

METHOD_CHOICES = (
    *(
        Choice(method.name, method.label, method.sentence, _group(method), method.name in COMMON_METHODS)
        for method in METHODS
    ),
    OWN_CHOICE,
)

if TYPE_CHECKING:
    MethodName = str
    GradientName = str
else:  # the names come from the tuples that list the methods and the modes
    MethodName = Literal[(*LISTED, OWN)]
    GradientName = Literal[tuple(mode.name for mode in GRADIENT_MODES)]

GRADIENT_CHOICES = tuple(Choice(mode.name, mode.label, mode.sentence) for mode in GRADIENT_MODES)

CONTROLLER_CHOICES = (
    Choice("auto", "automatic", "Fixed for fixed-step methods, PI for adaptive ones."),
    Choice("fixed", "fixed", "Every step has the step size, also with an adaptive method."),
    Choice("I", "I", "The classic: the next step follows from the last error alone."),
    Choice("PI", "PI", "Smoother: the next step follows from the last two errors."),
    Choice("PID", "PID", "Smoothest: the next step follows from the last three errors."),
)


STEPPING_CHOICES = (
    Choice("shared", "shared", "All trajectories of a batch take the same steps: those that the hardest one needs."),
    Choice(
        "per_sample", "per trajectory", "Every trajectory takes steps of its own, so that a stiff one slows no other."
    ),
)
PULLED_BACK_ALONE = ("checkpointed", "direct")
"""The gradients that know steps of each trajectory's own."""


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
        described("controller", "What chooses the step size.", choices=CONTROLLER_CHOICES),
    ] = "auto"
    gradient: Annotated[
        GradientName,
        described("gradient", "How the solve is differentiated.", choices=GRADIENT_CHOICES),
    ] = "checkpointed"
    max_steps: Annotated[
        int,
        described("max steps", "A solve stops with a status after so many steps.", low=10, high=1_000_000, scale="log"),
    ] = 10_000
    stepping: Annotated[
        Literal["shared", "per_sample"],
        described("steps", "Whether the trajectories of a batch share their steps.", choices=STEPPING_CHOICES),
    ] = "shared"
    tableau: WrittenTableau | None = None
    """Of the method "own"; kept, without effect, while another method is chosen."""

    def __post_init__(self) -> None:
        """Raises `ValueError` also where the method is to be the user's own and there is none."""
        super().__post_init__()
        if self.method == OWN and self.tableau is None:
            raise ValueError(
                'The method "own" needs a Butcher tableau: choose "Use a Butcher tableau…" from the menu Run, '
                "or give --tableau FILE.json on the command line."
            )

    @property
    def scheme(self) -> Method:
        """The method itself, listed or the user's own."""
        if self.method == OWN and self.tableau is not None:
            return method_of(self.tableau)
        return LISTED[self.method]

    @property
    def steps_are_fixed(self) -> bool:
        """Whether `dt` rules the steps, rather than rtol and atol."""
        return not self.scheme.adaptive or self.controller == "fixed"

    @property
    def gradient_used(self) -> str:
        """The mode that differentiates: the chosen one, or checkpointed where that is not made for the method."""
        able = self.gradient != "reversible" or isinstance(self.scheme, AsynchronousLeapfrog)
        return self.gradient if able else "checkpointed"

    @property
    def stepping_used(self) -> str:
        """How trajectories step: as chosen, or together where the method or the gradient knows nothing else."""
        return "shared" if self.why_shared else self.stepping

    @property
    def why_shared(self) -> str:
        """Why trajectories share their steps although they were to have their own; empty where that is not so."""
        if self.stepping == "shared":
            return ""
        if self.steps_are_fixed or not isinstance(self.scheme, RungeKutta | ImplicitRungeKutta):
            return (
                "All trajectories share their steps: only adaptive Runge-Kutta methods take steps for each by itself."
            )
        if self.gradient_used not in PULLED_BACK_ALONE:
            gradients = " and ".join(PULLED_BACK_ALONE)
            return f"All trajectories share their steps: only {gradients} differentiate steps of each by itself."
        return ""

    @property
    def without_effect(self) -> tuple[str, ...]:
        """A sentence for each choice that has no effect beside the others: what is done in its place, and why."""
        sentences = [self.why_shared]
        if self.gradient_used != self.gradient:
            sentences.append(
                f"The gradient is {self.gradient_used}, not {self.gradient}: steps of {self.scheme.label} cannot be "
                "undone."
            )
        if self.controller in ("I", "PI", "PID") and not self.scheme.adaptive:
            sentences.append(
                f"The controller {self.controller} has nothing to choose: {self.scheme.label} takes steps of one size."
            )
        return tuple(filter(None, sentences))


def solve_as_set(settings: SolverSettings, field: Field | DifferentiableField, y0: Tensor, ts: Tensor) -> Solution:
    """Solve from y0 (n, dim) at ts[0] through the times ts, as `settings` say; differentiable when grad mode is on.

    A field must also take t (n,), a time for each row of y, where rows may have steps of their own; one that depends on
    which rows of y0 it is given must be a `FieldOfSamples`.
    """
    from nodeviz.tasks.own_times import AtOwnTimes
    from solver import solve

    fixed, alone = settings.steps_are_fixed, settings.stepping_used == "per_sample"
    seen = attentive(field)
    timed = AtOwnTimes(seen) if alone else None
    return solve(
        seen if timed is None else timed,
        y0,
        ts,
        method=settings.scheme,
        rtol=settings.rtol,
        atol=settings.atol,
        dt=settings.dt if fixed else None,  # an adaptive method chooses its first step better than a slider
        controller="fixed" if fixed else settings.controller,
        gradient=settings.gradient_used,
        max_steps=settings.max_steps,
        parameters=None if timed is None else timed.parameters(),
        per_sample=alone,
    )
