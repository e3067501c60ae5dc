"""What the page of results consists of, in order: each part is made with an effort, and may take minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.figures.classes import classes
from benchmarks.figures.contests import contest
from benchmarks.figures.densities import densities, forms
from benchmarks.figures.mathematics import mathematics
from benchmarks.figures.training import Effort
from benchmarks.proofs.section import Section

Part = Callable[[Effort], Section | str]
"""What makes a section, or one in prose."""

PARTS: dict[str, Part] = {
    "densities": densities,
    "mathematics": mathematics,
    "flows": partial(contest, "Flows of eight Gaussians", "flows", "eight-gaussians"),
    "flows-to-energy": partial(contest, "Flows to the energy U1", "flows", "energy-u1"),
    "classes": classes,
    "classifiers": partial(contest, "Classifiers of moons", "classifiers", "moons"),
    "forms": forms,
}

__all__ = ["PARTS", "Effort", "Part", "Section"]
