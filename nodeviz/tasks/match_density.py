"""Match a density: the field carries a normal distribution to that of the data, or to one known up to a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset
from nodeviz.datasets.declared import EnergyDataset, FileDataset, PointDataset, title_of
from nodeviz.fields import Field
from nodeviz.fields.layout import size_of
from nodeviz.settings import Choice, described
from nodeviz.tasks.declared import DeclaredTask
from nodeviz.tasks.picture import SurfaceKind
from nodeviz.tasks.solving import SolverSettings
from nodeviz.tasks.suitability import check_suits

if TYPE_CHECKING:
    from nodeviz.tasks.run import Problem, Run

START_STREAM = 7
"""The points that are drawn as they flow come from a stream of their own of the training seed."""
STARTS = 32
"""Trajectories that are shown as learnt."""
TIMES = 101

OBJECTIVES = (
    Choice(
        "likelihood",
        "likelihood",
        "Maximum likelihood: the data are carried back to the base, and should be likely there.",
    ),
    Choice(
        "reverse-kl",
        "reverse KL",
        "Samples of the flow should have low energy and high entropy: for densities known up to a factor.",
    ),
    Choice(
        "flow-matching",
        "flow matching",
        "Regression to straight paths between random pairs of base and data: no solve in training. "
        "The field should change in time.",
    ),
    Choice(
        "ot-flow-matching",
        "OT flow matching",
        "The same with pairs from optimal transport within the batch: straighter flows, cheaper to sample. "
        "The field should change in time.",
    ),
)
DIVERGENCES = (
    Choice("exact", "exact", "The trace of the Jacobian: in the plane it costs two derivatives."),
    Choice("gaussian", "Hutchinson, Gaussian", "Estimated with one normal probe a point, the same during a solve."),
    Choice(
        "rademacher", "Hutchinson, Rademacher", "Estimated with one probe of signs a point, the same during a solve."
    ),
)
LOSS_LABELS = {
    "likelihood": "negative log-likelihood",
    "reverse-kl": "reverse KL, up to log Z",
    "flow-matching": "mean square error of velocities",
    "ot-flow-matching": "mean square error of velocities",
}


class MatchDensity(DeclaredTask, frozen=True, tag="density"):
    """Learn a flow from a normal distribution at time 0 to the data's density at `duration`."""

    title: ClassVar[str] = "Match a density"
    shows: ClassVar[SurfaceKind | None] = "density"

    objective: Annotated[
        Literal["likelihood", "reverse-kl", "flow-matching", "ot-flow-matching"],
        described("objective", "What the field is trained for.", choices=OBJECTIVES),
    ] = "likelihood"
    batch: Annotated[int, described("batch", "Points in one training step.", low=8, high=8192, scale="log")] = 256
    duration: Annotated[
        float, described("duration", "When the base has become the data.", low=0.1, high=10.0, unit="s")
    ] = 1.0
    base: Annotated[
        float, described("base scale", "Standard deviation of the normal distribution at time 0.", low=0.1, high=10.0)
    ] = 1.0
    divergence: Annotated[
        Literal["exact", "gaussian", "rademacher"],
        described("divergence", "How the change of the density is computed in training.", choices=DIVERGENCES),
    ] = "exact"
    kinetic: Annotated[
        float, described("kinetic weight", "Cost of the squared speed, integrated along the way.", low=0.0, high=10.0)
    ] = 0.0
    jacobian: Annotated[
        float,
        described("Jacobian weight", "Cost of the Jacobian's squared Frobenius norm, integrated.", low=0.0, high=10.0),
    ] = 0.0

    @property
    def loss_label(self) -> str:
        """What the loss curve is called."""
        return LOSS_LABELS[self.objective]

    @property
    def evaluation_label(self) -> str:
        """What the figure of merit is called."""
        return LOSS_LABELS[self.objective] if self.objective == "reverse-kl" else "held-out negative log-likelihood"

    @property
    def loss_unit(self) -> str:
        """The unit of loss and figure of merit; flow matching trains on another loss than it is judged by."""
        return "nats" if self.solves else ""

    @property
    def solves(self) -> bool:
        """Whether a training step solves the flow."""
        return self.objective in ("likelihood", "reverse-kl")

    def check(self, dataset: Dataset, field: Field) -> None:
        """Raises `ValueError` when the field is not planar, or the data are not what the objective asks for."""
        if not field.planar:
            raise ValueError(
                f"A density needs a flow of the plane onto itself; this {field.title.lower()} has {field.augmented} "
                "dimensions more. Set its augmented dimensions to 0, or choose another task."
            )
        if self.objective == "reverse-kl":
            _check_known(dataset)
        else:
            points = self.points_of(dataset)
            if isinstance(points, FileDataset):
                points.check_file()

    def check_solver(self, solver: SolverSettings, field: Field) -> None:
        """Raises `ValueError` as any task; the third entry of a state is the change of log-density."""
        check_suits(solver, entries=3, parameters=size_of(field.layout()) if self.solves else 0)

    def points_of(self, dataset: Dataset) -> PointDataset:
        """`dataset`, when it is one of points. Raises `ValueError` when not."""
        if isinstance(dataset, PointDataset):
            return dataset
        kind = title_of(type(dataset))
        if isinstance(dataset, EnergyDataset):
            raise ValueError(
                f"The objective {self.objective} needs samples, and {kind} is a density known up to a factor, of which "
                "there are none. Choose the objective reverse-kl, or data of points."
            )
        raise ValueError(
            f"Matching a density needs points or an energy; {kind} is observed over time. Choose eight Gaussians, say, "
            "or another task."
        )

    def times(self, dataset: Dataset) -> NDArray[np.float64]:
        """From the base to the data."""
        return np.linspace(0.0, self.duration, TIMES)

    def looked_at(self, dataset: Dataset) -> float:
        """When the base has become the data."""
        return self.duration

    def starts(self, dataset: Dataset, seed: int) -> NDArray[np.float64]:
        """Some points of the base, (n, 2)."""
        return self.drawn_base(STARTS, seed)

    def drawn_base(self, count: int, seed: int) -> NDArray[np.float64]:
        """The points of the base that are shown, (count, 2): always the same for the same seed."""
        return self.base * np.random.default_rng([seed, START_STREAM]).standard_normal((count, 2))

    def picture_moves(self) -> bool:
        """The density is another at every time."""
        return True

    def floor(self, dataset: Dataset) -> float | None:
        """The data's entropy, or minus the log of the energy's normaliser: no flow is better on average."""
        if self.objective == "reverse-kl":
            return -dataset.log_normaliser if isinstance(dataset, EnergyDataset) else 0.0
        return self.points_of(dataset).entropy

    def begin(self, problem: Problem) -> Run:
        """Everything for training this task. Imports torch."""
        from nodeviz.tasks.densities.run import DensityRun

        return DensityRun(self, problem)


def as_match_density(task: DeclaredTask) -> MatchDensity:
    """`task`, when it matches a density. Raises `ValueError` when not."""
    if not isinstance(task, MatchDensity):
        raise ValueError(f"This is about densities; the task is {task.title}. Choose the task Match a density.")
    return task


def _check_known(dataset: Dataset) -> None:
    """Raises `ValueError` unless the density of `dataset` is known, and positive all over the plane."""
    if isinstance(dataset, EnergyDataset):
        return
    kind = title_of(type(dataset))
    beyond = 1.5 * np.array([[x, y] for x in dataset.extent[:2] for y in dataset.extent[2:]])
    known = dataset.log_density(beyond) if isinstance(dataset, PointDataset) else None
    if known is None:
        raise ValueError(
            f"The objective reverse-kl needs a density that can be evaluated, and that of {kind} cannot. "
            "Choose the objective likelihood, or an energy."
        )
    if not np.isfinite(known).all():
        raise ValueError(
            f"The objective reverse-kl needs a density above zero everywhere; that of {kind} is zero in places, and a "
            "flow that has any sample there would be infinitely wrong. Choose the objective likelihood, or an energy."
        )
