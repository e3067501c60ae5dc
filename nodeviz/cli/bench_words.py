"""What `nodeviz bench` found, in words: the figures, and what follows from them for whoever wants to go faster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodeviz.engine.measuring import GradientCost, Measured, MethodCost, StepCost

FRAME = 1000 / 60
GOOD_GRADIENT = 1e-3
"""Relative error that a stochastic optimiser would not notice."""
MOSTLY, BARELY = 0.6, 0.4
MUCH_SLOWER = 1.3


def words(found: Measured) -> Iterator[str]:
    """Line by line."""
    yield f"{found.experiment.name} after {found.steps} training steps, on {found.device}, with one thread"
    if found.kernel:
        yield found.kernel
    yield ""
    yield from _step(found.step)
    if found.gradients:
        yield ""
        yield from _gradients(found.gradients, found.experiment.solver.rtol)
    if found.methods:
        yield ""
        yield from _methods(found.methods)
    yield ""
    yield from _portrait(found.portrait)


def _step(step: StepCost) -> Iterator[str]:
    around, rest = max(0.0, step.solve - step.inside), max(0.0, step.whole - step.solve)
    share = step.inside / step.whole
    yield f"A training step         {_ms(step.whole)}   {1e3 / step.whole:.0f} a second"
    evaluations = f"{step.nfe_forward} evaluations forward, {step.nfe_backward} backward"
    if step.native:
        yield f"  in the solve          {_ms(step.inside)}   {share:.0%}: {evaluations}, by the native kernel"
    else:
        yield f"  in the field          {_ms(step.inside)}   {share:.0%}: {evaluations}"
        yield f"  in the solver         {_ms(around)}   {around / step.whole:.0%}: steps, error estimates, gradients"
    yield f"  around the solve      {_ms(rest)}   {rest / step.whole:.0%}: the optimiser, the running mean"
    yield _conclusion(share)


def _conclusion(share: float) -> str:
    if share >= MOSTLY:
        return "Most of a step is the field itself: fewer evaluations or a smaller network make it quicker."
    if share >= BARELY:
        return "The field and all that is around it weigh about the same: a larger batch comes at less than its price."
    return "Most of a step is around the field, whose batch is small: a larger batch or network is nearly free."


def _gradients(costs: tuple[GradientCost, ...], rtol: float) -> Iterator[str]:
    yield "What a gradient costs   rtol = atol      ms   NFE forward + backward   its error"
    for cost in costs:
        nfe = f"{cost.nfe_forward} + {cost.nfe_backward}"
        yield f"{'':<22}{cost.tolerance:>13.0e}{cost.milliseconds:>8.2f}{nfe:>25}{cost.error:>12.1e}"
    good = [cost for cost in costs if cost.error <= GOOD_GRADIENT]
    if not good:
        yield f"None of these tolerances gives a gradient within {GOOD_GRADIENT:g} of the exact one."
        return
    enough = max(good, key=lambda cost: cost.tolerance)
    told = f"rtol {enough.tolerance:.0e} is enough for a gradient within {GOOD_GRADIENT:g} of the exact one"
    yield f"{told}; it is set to {rtol:.0e}."


def _methods(costs: tuple[MethodCost, ...]) -> Iterator[str]:
    wide = max(len("method"), *(len(cost.name) for cost in costs)) + 2
    yield f"The whole trajectory    {'method':<{wide}}      ms      NFE   largest error"
    for cost in costs:
        yield f"{'':<24}{cost.name:<{wide}}{cost.milliseconds:>8.2f}{cost.nfe:>9}{cost.error:>16.1e}"
    chosen, *_ = costs
    as_good = [cost for cost in costs if cost.error <= chosen.error or cost is chosen]
    best = min(as_good, key=lambda cost: cost.milliseconds)
    if chosen.milliseconds > MUCH_SLOWER * best.milliseconds:
        ratio = chosen.milliseconds / best.milliseconds
        yield f"{best.name} is no less accurate here than {chosen.name}, and {ratio:.1f} times as quick."
    else:
        yield f"None of them is as accurate here as {chosen.name}, the one that is set, and much quicker."


def _portrait(milliseconds: float) -> Iterator[str]:
    yield f"A phase portrait        {_ms(milliseconds)}   200 trajectories at 100 times, a grid of 64 by 64"
    if milliseconds <= FRAME:
        yield "It fits in a frame of the screen: the plane follows the training at 60 frames a second."
    else:
        frames = milliseconds / FRAME
        yield f"It takes {frames:.1f} frames of a screen at 60 a second; the window goes on drawing, and shows it late."


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:>8.2f} ms"
