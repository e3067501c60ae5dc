"""What the first gradient of a process does not wait for: torch would import sympy to compare two shapes."""

from __future__ import annotations

import subprocess
import sys

import pytest

STEPS = """
import sys
from msgspec.structs import replace
from nodeviz.datasets import EightGaussians
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.fields import FormulaField, MLPField
from nodeviz.tasks import MatchDensity

fit, density = Experiment(), Experiment(task=MatchDensity(divergence="gaussian"), dataset=EightGaussians())
for experiment in (
    fit,
    replace(fit, field=FormulaField()),
    replace(fit, field=MLPField(time="depth"), solver=SolverSettings(stepping="per_sample")),
    replace(fit, field=FormulaField(), solver=SolverSettings(method="radau5", rtol=1e-3, atol=1e-3)),
    density,
    replace(density, task=replace(density.task, kinetic=0.1)),
    replace(density, field=FormulaField(dx="a*sin(y)", dy="b*cos(x)"), task=replace(density.task, divergence="exact")),
):
    result = Trainer(experiment).step()
    assert result.trouble is None, result
    assert "sympy" not in sys.modules, experiment
"""


@pytest.mark.slow
def test_no_task_and_no_field_waits_for_sympy() -> None:
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
