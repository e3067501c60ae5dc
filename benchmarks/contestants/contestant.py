"""What the driver asks of a contestant, and what of its entry for a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case
from nodeviz.analysis.bare_cost import BareCalls, Evaluations


class Entry(ABC):
    """One contestant, ready for one case."""

    @abstractmethod
    def step(self) -> None:
        """What is timed: the solve; where there is a loss also its gradient; where there is an optimiser its step."""

    @abstractmethod
    def answer(self) -> NDArray[np.float64]:
        """The gradient in all weights, flat in the order of `Case.weights`; without a loss, the states."""

    @abstractmethod
    def evaluations(self) -> Evaluations:
        """How often one step evaluates the field."""

    def bare_calls(self) -> BareCalls | None:
        """The field it uses by itself, where that can be told apart from the solve."""
        return None


class Contestant(ABC):
    """A library, in one of the ways in which it can be used."""

    name: str
    packages: tuple[str, ...] = ()
    compiles_for_minutes = False
    """Whether it takes part only when it is asked for."""

    def missing(self) -> str:
        """The package that it needs and that is not installed; empty when all are."""
        return next((package for package in self.packages if find_spec(package) is None), "")

    def versions(self) -> dict[str, str]:
        """Of its packages."""
        found = {}
        for package in self.packages:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = "not installed"
        return found

    @abstractmethod
    def declines(self, case: Case) -> str:
        """Why it does not take part in a case; empty when it does."""

    @abstractmethod
    def enter(self, case: Case) -> Entry:
        """Get ready. Imports what it needs."""
