"""One solve by the kernel, and what Python holds of it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from ctypes import CDLL, byref, c_double
from itertools import repeat

from torch import Tensor

from solver.native.description import NativeField
from solver.native.rules import places_of
from solver.native.structures import LOOK_UP, NUMBERS_OF_AN_ATTEMPT, Rules, Summary, Tableau
from solver.solution import Status, StepRecord

STATUSES = (Status.success, Status.step_underflow, Status.max_steps, Status.non_finite)
"""In the order of kernel/run.h."""


class Attendant:
    """Looks up from inside the kernel: calls `attend` and lets interrupts in. What is raised waits for its return."""

    def __init__(self, attend: Callable[[], None] | None) -> None:
        self._raised: list[BaseException] = []
        looks = _looks(attend, self._raised)
        next(looks)
        self.look_up = LOOK_UP(looks.__next__)

    def raise_what_was_raised(self) -> None:
        if self._raised:
            raise self._raised[0]


def _looks(attend: Callable[[], None] | None, raised: list[BaseException]) -> Iterator[int]:
    """0 at each look, and 1 at the last one, when something was raised: it may not pass through C.

    A generator, for an interrupt is raised where Python code is entered, and this is entered inside of its try.
    """
    try:
        yield 0
        while True:
            if attend is not None:
                attend()
            yield 0
    except GeneratorExit:
        return
    except BaseException as trouble:
        raised.append(trouble)
        yield 1


class Run:
    """A solve that was made. It holds the kernel's memory until it is let go.

    Raises `MemoryError` without any, and whatever the field's `attend`, or a signal, raises.
    """

    def __init__(
        self,
        kernel: CDLL,
        field: NativeField,
        tableau: Tableau,
        rules: Rules,
        y0: Tensor,
        times: Sequence[float],
        ys: Tensor,
        keep: bool,
    ) -> None:
        self._kernel = kernel
        self._address: int | None = None
        moments, summary = array("d", times), Summary()
        start, clocks = y0.contiguous(), field.clocks
        attendant = Attendant(field.attend)
        self._address = kernel.nodeviz_solve(
            places_of(field.network),
            tableau,
            rules,
            field.theta.data_ptr(),
            None if clocks is None else clocks.data_ptr(),
            start.data_ptr(),
            start.numel() // start.shape[-1],
            moments.buffer_info()[0],
            len(moments),
            keep,
            attendant.look_up,
            ys.data_ptr(),
            byref(summary),
        )
        if self._address is None:
            raise MemoryError(f"There is not enough memory for a solve from {tuple(y0.shape)} with what it keeps.")
        attendant.raise_what_was_raised()
        self._summary = summary

    @property
    def evaluations(self) -> int:
        return int(self._summary.evaluations)

    @property
    def reached(self) -> int:
        """The last row that holds a state."""
        return int(self._summary.reached)

    @property
    def status(self) -> Status:
        return STATUSES[self._summary.status]

    def steps(self) -> list[StepRecord]:
        """Every attempted step."""
        count = self._summary.attempted
        if not count:
            return []
        numbers = (c_double * (NUMBERS_OF_AN_ATTEMPT * count)).from_address(self._summary.attempts)[:]
        accepted = map(bool, numbers[3::4])
        return list(map(StepRecord, numbers[::4], numbers[1::4], numbers[2::4], accepted, repeat(0)))

    def pull_back(self, cotangents: Tensor, in_y0: Tensor, in_theta: Tensor | None) -> int:
        """From the cotangents of the saved states to that of y0 and, where they are wanted, those of the weights.

        How often the field was evaluated. Raises `MemoryError` without memory.
        """
        evaluations: int = self._kernel.nodeviz_pull_back(
            self._address,
            cotangents.data_ptr(),
            in_y0.data_ptr(),
            None if in_theta is None else in_theta.data_ptr(),
            0 if in_theta is None else in_theta.numel(),
        )
        if evaluations < 0:
            raise MemoryError("There is not enough memory for the gradient of a solve.")
        return evaluations

    def __del__(self) -> None:
        if self._address is not None:
            self._kernel.nodeviz_release(self._address)
            self._address = None
