"""What classifiers reach: the ready-made experiments with classes, and what the plane costs where it has to tear."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.figures.training import Effort, Trained, trained
from benchmarks.proofs.section import Section, section
from nodeviz.tasks.classification import ClassifyRun
from nodeviz.tasks.classify import as_classify
from nodeviz.tasks.read_out import accuracy
from nodeviz.tasks.solving import solve_as_set

STEPS = {"moons": 600, "two-spirals": 1500, "annuli-augmented": 1000, "annuli-plane": 1000}
AUGMENTED, WANTED = "annuli-augmented", 0.98
ABOUT = """
The ready-made experiments of these names, trained as they are. Accuracy and cross-entropy are of held-out
points, one a seed. Annuli cannot be told apart by a straight line after any flow of the plane: it has to tear
them nearly apart, which costs evaluations; dimensions that are added give way (Dupont et al., 2019). Bold is
what meets its bar, 98 % for augmented annuli; NFE is of the last training step.
"""


def classes(effort: Effort) -> Section:
    """Train all of them with all seeds."""
    heads = ("experiment", "accuracy, %", "cross-entropy", "NFE", "parameters", "steps", "s")
    return section("Classes", ABOUT, heads, _rows(effort))


def _rows(effort: Effort) -> Iterator[tuple[str, ...]]:
    for name, most in STEPS.items():
        steps = max(2, round(effort.share * most))
        runs = [trained(name, seed, steps) for seed in effort.seeds]
        last, told = runs[-1], [accuracy_of(run) for run in runs]
        accuracies = ", ".join(f"{100 * share:.2f}" for share in told)
        yield (
            name,
            f"**{accuracies}**" if name == AUGMENTED and min(told) >= WANTED else accuracies,
            ", ".join(f"{_cross_entropy(run):.2g}" for run in runs),
            ", ".join(f"{run.nfe_forward} + {run.nfe_backward}" for run in runs),
            str(last.theta.size),
            str(steps),
            f"{sum(run.seconds for run in runs) / len(runs):.0f}",
        )


def accuracy_of(run: Trained) -> float:
    """The share of the points held out that are told apart."""
    task, learnt = as_classify(run.experiment.task), run.learnt
    classifier = ClassifyRun(task, run.experiment)
    points = classifier.held_out.some(slice(None), like=learnt.field.theta)
    span = torch.tensor((0.0, classifier.end), dtype=torch.float64)
    with torch.no_grad():
        end = solve_as_set(run.experiment.solver, learnt.field, points.states, span).ys[-1]
        return accuracy(classifier.read_out(learnt).logits(end), points.labels)


def _cross_entropy(run: Trained) -> float:
    return run.experiment.task.begin(run.experiment).evaluate(run.learnt, run.experiment.solver)
