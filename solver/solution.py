"""What a solve gives back: the saved states, what they cost, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor

if TYPE_CHECKING:
    from solver.dense import DenseOutput
    from solver.per_sample.dense import SampleDense


class Status(Enum):
    """How a solve ended. Numerical trouble is a status, never an exception."""

    success = ("success", "The solve reached its last output time.", "")
    event = ("event", "A terminal event ended the solve before its last output time.", "")
    step_underflow = (
        "step_underflow",
        "The step size shrank to nothing: the solution blows up or the tolerance is out of reach.",
        "Shorten the interval, loosen the tolerances, or use float64.",
    )
    max_steps = (
        "max_steps",
        "The solve used up its steps before its last output time.",
        "Raise max_steps, loosen the tolerances, or take a larger step size.",
    )
    newton_failure = (
        "newton_failure",
        "Newton's method did not solve the equations of an implicit step of fixed size.",
        "Take a smaller step size or an adaptive method, or use float64.",
    )
    non_finite = (
        "non_finite",
        "The state or the field became infinite or not a number.",
        "Take a smaller step size, shorten the interval, or keep the field bounded.",
    )

    sentence: str
    remedy: str

    def __new__(cls, value: str, sentence: str, remedy: str) -> Status:
        member = object.__new__(cls)
        member._value_ = value
        member.sentence = sentence
        member.remedy = remedy
        return member

    @property
    def ok(self) -> bool:
        """Whether everything went as asked: the last time was reached, or an event ended the solve before it."""
        return self in (Status.success, Status.event)


@dataclass(frozen=True)
class EventRecord:
    """An event that happened: which of `events`, when, and the state there, in the shape of y0. Differentiable."""

    index: int
    t: Tensor
    y: Tensor


class StepRecord(NamedTuple):
    """One attempted step from t, of signed size dt. error_ratio is error / tolerance, NaN where none is estimated.

    newton_iterations are those of an implicit method, over all of the step's stages.
    """

    t: float
    dt: float
    error_ratio: float
    accepted: bool
    newton_iterations: int = 0


@dataclass
class Stats:
    """What a solve cost, counted as it happens.

    nfe_forward and nfe_backward count evaluations of the field, the latter over all backward passes so far. In a
    backward pass an evaluation together with its pullback counts as one; `direct` makes none, it pulls the forward
    pass's own evaluations back. So does `checkpointed` with those whose graphs or pullbacks it kept: `kept` of them,
    which hold `kept_bytes`. `steps`, `accepted` and `rejected` are of the forward pass. `drift` is backsolve's
    largest distance, at any output time, between the state it integrated back and the one the forward pass saved, and
    reversible's between the start it came back to and y0.
    `backward_status` is how backsolve's own solve ended; its gradient is NaN unless that is a success.

    jacobians_forward and jacobians_backward count the Jacobians of implicit methods. Each is an evaluation, counted
    above, and a pullback for every entry of a sample; a field that pulls back once only is evaluated for each of them.
    `native` says that the kernel in C made the solve (see `solver.native`).
    """

    nfe_forward: int = 0
    nfe_backward: int = 0
    kept: int = 0
    kept_bytes: int = 0
    accepted: int = 0
    rejected: int = 0
    steps: list[StepRecord] = field(default_factory=list)
    jacobians_forward: int = 0
    jacobians_backward: int = 0
    drift: float | None = None
    backward_status: Status | None = None
    native: bool = False


class SampleSteps(NamedTuple):
    """Attempted steps of many samples, each a `StepRecord` across tensors (attempts,), in the order of attempts."""

    sample: Tensor
    t: Tensor
    dt: Tensor
    error_ratio: Tensor
    accepted: Tensor


class SampleEvents(NamedTuple):
    """Events that samples met, tensors (events, …), sorted by sample and, for each of them, in order.

    Whose they are, which `event` of those looked for each is, when, and the sample's state there; `t` and `y` are
    differentiable.
    """

    sample: Tensor
    event: Tensor
    t: Tensor
    y: Tensor


@dataclass(frozen=True, eq=False)
class Samples:
    """How each sample of a batch fared with steps of its own: tensors (batch,), and statuses in the batch's order.

    `reached` is a sample's last output row that holds a state, `nfe` how often the field was evaluated for it. `events`
    are those that happened, where some were looked for. `find_steps` puts the table of all `steps` together.
    """

    reached: Tensor
    accepted: Tensor
    rejected: Tensor
    nfe: Tensor
    statuses: tuple[Status, ...]
    find_steps: Callable[[], SampleSteps]
    events: SampleEvents | None = None

    @property
    def status(self) -> Status:
        """How the solve ended, all in all: a success, or the first sample's status that is none."""
        success, event = Status.success, Status.event  # there may be many samples: `status.ok` would take its time
        return next((each for each in self.statuses if each is not success and each is not event), success)

    @cached_property
    def steps(self) -> SampleSteps:
        """Every attempted step."""
        return self.find_steps()


@dataclass(frozen=True)
class Solution:
    """States `ys`, of shape (len(ts), *y0.shape), at the times `ts`.

    `reached` is the index of the last output time the solve got to; the rows of `ys` after it are NaN. `events` are
    those that happened on the way, in order. With `dense`, which solve(dense=True) keeps, `solution(t)` is the state at
    any time on the way.

    With steps of each sample's own, `samples` says how each fared and what events it met. `reached` is then that of
    the sample which got least far, `status` the first that is no success; nfe_forward counts the field's calls,
    accepted and rejected all steps.
    """

    ts: Tensor
    ys: Tensor
    reached: int
    stats: Stats
    status: Status
    events: tuple[EventRecord, ...] = ()
    dense: DenseOutput | SampleDense | None = None
    samples: Samples | None = None

    def __call__(self, t: Tensor | float) -> Tensor:
        """The states (*t.shape, *y0.shape) at times t between the first and the last that the solve got to.

        With steps of each sample's own, t may also be (times, batch), which gives (times, *y0.shape).
        Differentiable in t, and in all that `ys` is. Raises `ValueError` for times out of range, and without `dense`.
        """
        if self.dense is None:
            raise ValueError("This solve kept only the states at its output times; pass dense=True to solve().")
        return self.dense(t)
