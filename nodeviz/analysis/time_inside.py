"""How much of a piece of work is spent inside a field's own evaluations and pullbacks, and how much around them."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any

from nodeviz.fields.modules.flat import FlatModule
from solver.field import RowLinearisation


class TimeInside:
    """While entered, adds up in `seconds` the time spent in `evaluate`, `linearise`, `linearise_rows` and pullbacks.

    `settle` waits for the device, as a GPU has to be waited for before a clock is read. A call costs less than a
    microsecond more meanwhile.
    """

    def __init__(self, field: FlatModule, settle: Callable[[], None] = lambda: None) -> None:
        self.seconds = 0.0
        self._field = field
        self._settle = settle

    def __enter__(self) -> TimeInside:
        field: Any = self._field
        evaluate, linearise, by_rows = field.evaluate, field.linearise, field.linearise_rows

        def linearise_timed(t: Any, y: Any) -> Any:
            dy, pullback = self._timed(linearise)(t, y)
            return dy, self._timed(pullback)

        def rows_timed(t: Any, y: Any) -> RowLinearisation:
            jacobians, pull_parameters = self._timed(by_rows)(t, y)
            return RowLinearisation(jacobians, self._timed(pull_parameters))

        # On the instance these go before the class's own, and they are what the solver takes.
        field.evaluate, field.linearise, field.linearise_rows = self._timed(evaluate), linearise_timed, rows_timed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in ("evaluate", "linearise", "linearise_rows"):
            delattr(self._field, name)

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = perf_counter()
            result = call(*arguments)
            self._settle()
            self.seconds += perf_counter() - began
            return result

        return timed
