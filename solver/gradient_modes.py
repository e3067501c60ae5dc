"""What each way to differentiate a solve is called, and a sentence on what it is for. Data: no torch is imported."""

from __future__ import annotations

from dataclasses import dataclass

MOST_DIRECTIONS = 1024
"""So many tangents at most are pushed along forwards. Time and memory grow with them; with so many, another mode is far
ahead."""


@dataclass(frozen=True)
class GradientMode:
    """A name as in solve(gradient=…), what to call it where there is room, and one sentence."""

    name: str
    label: str
    sentence: str


CHECKPOINTED = GradientMode(
    "checkpointed",
    "checkpointed",
    "Exact for the discrete solve: keeps accepted states, and graphs while they are small; re-runs other steps.",
)
DIRECT = GradientMode(
    "direct", "direct backprop", "Backprop through every operation of the solver; memory grows with steps."
)
BACKSOLVE = GradientMode(
    "backsolve",
    "backsolve adjoint, seminorm",
    "The paper's adjoint: O(1) memory, but its gradient can be wrong by orders of magnitude at loose tolerances.",
)
BACKSOLVE_FULL = GradientMode(
    "backsolve_full",
    "backsolve adjoint, full norm",
    "The paper's adjoint with θ's gradient under error control too: more steps, and the state still drifts.",
)
INTERPOLATED = GradientMode(
    "interpolated",
    "interpolated adjoint",
    "The adjoint equation along the kept forward solution: nothing drifts, errors are the tolerance's.",
)
GAUSS = GradientMode(
    "gauss",
    "Gauss quadrature adjoint",
    "As interpolated, with θ's gradient by Gauss quadrature over each step: for fields of many parameters.",
)
FORWARD = GradientMode(
    "forward",
    "forward sensitivities",
    "Exact for the discrete solve: pushes tangents along; for few parameters, and costs nothing backwards.",
)
REVERSIBLE = GradientMode(
    "reversible",
    "reversible",
    "Exact for the discrete solve: keeps its end and undoes every step. For reversible methods (alf).",
)

GRADIENT_MODES: tuple[GradientMode, ...] = (
    CHECKPOINTED,
    DIRECT,
    BACKSOLVE,
    BACKSOLVE_FULL,
    INTERPOLATED,
    GAUSS,
    FORWARD,
    REVERSIBLE,
)
