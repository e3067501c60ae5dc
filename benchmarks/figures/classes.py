"""What classifiers reach: the ready-made experiments with classes, and what the plane costs where it has to tear."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures.training import Effort, Trained, trained
from benchmarks.proofs.section import Section, section
from nodeviz.tasks.classify import as_classify

STEPS = {"moons": 600, "two-spirals": 1500, "annuli-augmented": 1000, "annuli-plane": 1000}
ABOUT = """
The ready-made experiments of these names, trained as they are. The figure of merit is of held-out points, one a
seed. Annuli cannot be told apart by a straight line after any flow of the plane: it has to tear them nearly
apart, which costs evaluations; dimensions that are added give way (Dupont et al., 2019).
"""


def classes(effort: Effort) -> Section:
    """Train all of them with all seeds."""
    heads = ("experiment", "merit", "seeds", "NFE", "parameters", "steps", "s")
    return section("Classes", ABOUT, heads, _rows(effort))


def _rows(effort: Effort) -> Iterator[tuple[str, ...]]:
    for name, most in STEPS.items():
        steps = max(2, round(effort.share * most))
        runs = [trained(name, seed, steps) for seed in effort.seeds]
        last = runs[-1]
        yield (
            name,
            as_classify(last.experiment.task).evaluation_label,
            ", ".join(f"{_merit(run):.4g}" for run in runs),
            ", ".join(f"{run.nfe_forward} + {run.nfe_backward}" for run in runs),
            str(last.theta.size),
            str(steps),
            f"{sum(run.seconds for run in runs) / len(runs):.0f}",
        )


def _merit(run: Trained) -> float:
    return run.experiment.task.begin(run.experiment).evaluate(run.learnt, run.experiment.solver)
