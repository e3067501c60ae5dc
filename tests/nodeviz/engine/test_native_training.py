"""Training with the solver's kernel goes where training without it goes, and says the same of itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nodeviz.engine.trainer import StepResult, Trainer
from nodeviz.experiment import Experiment
from nodeviz.fields.mlp import MLPField
from solver import native
from solver.native.library import KERNELS


@pytest.fixture(autouse=True)
def _kernel() -> Iterator[None]:
    allowed = KERNELS.allowed
    native.allow(True)
    if not native.wait():
        pytest.skip(native.describe())
    yield
    native.allow(allowed)


def trained(experiment: Experiment, allowed: bool) -> tuple[Trainer, list[StepResult]]:
    native.allow(allowed)
    trainer = Trainer(experiment)
    return trainer, [trainer.step() for _ in range(5)]


@pytest.mark.parametrize("field", [MLPField(width=12), MLPField(width=12, time="concat", cubed=False)], ids=str)
def test_five_steps_come_to_the_same_weights(field: MLPField) -> None:
    experiment = Experiment(field=field)
    (ours, steps), (theirs, usual) = (trained(experiment, allowed) for allowed in (True, False))
    np.testing.assert_allclose(ours.shown(), theirs.shown(), atol=2e-4)
    for step, other in zip(steps, usual, strict=True):
        assert step.trouble is None
        assert step.loss == pytest.approx(other.loss, rel=1e-3)
        assert (step.nfe_forward, step.nfe_backward) == (other.nfe_forward, other.nfe_backward)
    assert ours.evaluate() == pytest.approx(theirs.evaluate(), rel=1e-2)
