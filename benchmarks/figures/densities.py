"""How near the flows of the ready-made experiments come to the densities that they learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.figures.training import Effort, Trained, trained
from benchmarks.proofs.section import Section, section
from nodeviz.datasets.declared import EnergyDataset, PointDataset
from nodeviz.experiment import SolverSettings
from nodeviz.tasks.densities.accompanied import exactly
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.match_density import as_match_density

FINE = SolverSettings(rtol=1e-5, atol=1e-5)
JUDGES = 10_000
HALF, GRID = 9.0, 201
MASS_BAR = 2e-3
ABOUT = f"""
The ready-made experiments of these names, trained as they are. **gap** is the mean negative log-likelihood of
{JUDGES:,} points that did not train, above that of the true density on the same points: the Kullback-Leibler
divergence, which chance moves less than the likelihood itself. For energies it is the reverse divergence, E[log
q + U] + log Z over as many samples. One figure a seed; **half way** is the mean gap after half of the steps.
**mass** is the worst |1 - mass| of the flow's density on [-{HALF:g}, {HALF:g}]², by the trapezoid rule on
{GRID}² points. All by dopri5 with rtol = atol = {FINE.rtol:g} and the exact divergence; bold is what meets its
bar. NFE is of the last training step, forward and backward; seconds are of processor time.
"""


class Target(NamedTuple):
    """A ready-made experiment, for how many steps it trains, and the largest gap that it should have."""

    name: str
    steps: int
    bar: float = 0.15


TARGETS = (
    Target("eight-gaussians", 600),
    Target("checkerboard", 1500),
    Target("rings", 1500),
    Target("two-moons-density", 600),
    Target("circles-density", 1200),
    Target("swiss-roll", 600),
    Target("yin-yang", 600),
    Target("energy-u1", 600, 0.05),
    Target("energy-u4", 800),
)


class Measured(NamedTuple):
    """Of one target: the floor, and for every seed the gap at the end and half way, and how much mass is amiss."""

    target: Target
    floor: float
    gaps: list[float]
    half_way: list[float]
    amiss: list[float]
    runs: list[Trained]


def densities(effort: Effort) -> Section:
    """Train all targets with all seeds."""
    found = [_measured(target, effort) for target in TARGETS]
    heads = ("experiment", "floor", "gap", "half way", "bar", "mass", "NFE", "parameters", "steps", "s")
    return section("Densities", ABOUT, heads, [_row(one, effort) for one in found], _reading(found))


def forms(effort: Effort) -> str:
    """What each dataset is, exactly, as its own documentation says."""
    datasets = [trained(one.name, effort.seeds[0], _steps(one, effort)).experiment.dataset for one in TARGETS]
    texts = {type(dataset).__name__: " ".join((type(dataset).__doc__ or "").split()) for dataset in datasets}
    return "\n\n".join(["## What the data are", *(f"**{name}.** {text}" for name, text in texts.items())])


def gap_of(run: Trained, learnt: Learnt) -> float:
    """The Kullback-Leibler divergence of the flow and its target, in nats: reverse where there is an energy."""
    task, dataset = as_match_density(run.experiment.task), run.experiment.dataset
    flow = Flow(task.base, task.duration)
    draw = np.random.default_rng([run.experiment.training.seed, 1000])
    with torch.no_grad():
        if isinstance(dataset, PointDataset):
            ys = dataset.draw(JUDGES, draw).ys
            known = dataset.log_density(ys)
            flowed = flow.back(exactly(learnt.field), torch.from_numpy(ys).float(), FINE)
            best = dataset.entropy if known is None else -float(known.mean())
            return -float(flow.log_prob(flowed).double().mean()) - (best or 0.0)
        zs = flow.draw_base(JUDGES, draw, torch.zeros(()))
        flowed = flow.forth(exactly(learnt.field), zs, FINE)
        free = (flow.log_base(zs) + flowed.gained + energy_of(dataset)(flowed.ys)).double().mean()
        return float(free) + (dataset.log_normaliser if isinstance(dataset, EnergyDataset) else 0.0)


def mass_of(run: Trained, grid: int = GRID) -> float:
    """The integral of the flow's density, by the trapezoid rule on grid² points."""
    task = as_match_density(run.experiment.task)
    ticks = torch.linspace(-HALF, HALF, grid)
    flow = Flow(task.base, task.duration)
    with torch.no_grad():
        density = flow.log_prob(flow.back(exactly(run.learnt.field), torch.cartesian_prod(ticks, ticks), FINE)).exp()
    return float(torch.trapezoid(torch.trapezoid(density.double().view(grid, grid), ticks.double()), ticks.double()))


def _measured(target: Target, effort: Effort) -> Measured:
    runs = [trained(target.name, seed, _steps(target, effort)) for seed in effort.seeds]
    gaps = [gap_of(run, run.learnt) for run in runs]
    half_way = [gap_of(run, place(run.experiment.field, run.half_way).learnt) for run in runs]
    floor = runs[0].experiment.task.floor(runs[0].experiment.dataset)
    return Measured(target, floor or 0.0, gaps, half_way, [abs(1 - mass_of(run)) for run in runs], runs)


def _row(one: Measured, effort: Effort) -> tuple[str, ...]:
    met, last = max(one.gaps) <= one.target.bar, one.runs[-1]
    gaps = ", ".join(f"{gap:.3f}" for gap in one.gaps)
    amiss = max(one.amiss)
    return (
        one.target.name,
        f"{one.floor:.4f}",
        f"**{gaps}**" if met else gaps,
        f"{np.mean(one.half_way):.3f}",
        f"{one.target.bar:g}",
        f"**{amiss:.1e}**" if amiss <= MASS_BAR else f"{amiss:.1e}",
        f"{last.nfe_forward} + {last.nfe_backward}",
        str(last.theta.size),
        str(_steps(one.target, effort)),
        f"{np.mean([run.seconds for run in one.runs]):.0f}",
    )


def _reading(found: list[Measured]) -> str:
    """What was missed, by how much, and whether more steps would help."""
    lines = list(_missed(found))
    if not lines:
        return f"Every gap is within its bar, and every mass within {MASS_BAR:g}."
    return "\n".join(["Missed:", "", *lines])


def _missed(found: list[Measured]) -> Iterator[str]:
    for one in found:
        over = max(one.gaps) - one.target.bar
        if over > 0:
            falling = np.mean(one.half_way) - np.mean(one.gaps)
            why = (
                f"the gap still fell by {falling:.3f} in the second half: more steps come nearer"
                if falling > over / 4
                else "the second half of the steps brought little: the field is too small, or its steps too large"
            )
            yield f"- {one.target.name}: by {over:.3f} nats with its worst seed; {why}."
        if max(one.amiss) > MASS_BAR:
            worst = one.runs[int(np.argmax(one.amiss))]
            finer = abs(1 - mass_of(worst, 2 * GRID - 1))
            missed = f"- {one.target.name}: mass by {max(one.amiss) - MASS_BAR:.1e}"
            if finer < MASS_BAR:
                yield f"{missed}; the grid is to blame: with half of its spacing |1 - mass| is {finer:.1e}."
            else:
                yield f"{missed}; with half of the spacing it is {finer:.1e}: the density has details finer than that."


def steps_of(name: str, effort: Effort) -> int:
    """For how many steps the target of that name is trained."""
    return next(_steps(target, effort) for target in TARGETS if target.name == name)


def _steps(target: Target, effort: Effort) -> int:
    return max(2, round(effort.share * target.steps))
