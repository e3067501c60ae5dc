"""The study of traces: Hutchinson's estimates are right in the mean and scatter as the Jacobians say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.analysis.estimated_traces import Somewhere, estimate, jacobians_of, reports
from nodeviz.analysis.study import Subject
from nodeviz.datasets import EightGaussians
from nodeviz.experiment import Experiment
from nodeviz.fields import MLPField
from nodeviz.tasks import MatchDensity

torch.set_num_threads(1)
FIELD = MLPField(width=16, depth=2, time="concat", cubed=False, first_weights=1.0)
EXPERIMENT = Experiment(task=MatchDensity(), dataset=EightGaussians(points=200), field=FIELD)


def restless() -> np.ndarray:
    return 1.5 * EXPERIMENT.initial_parameters()


def somewhere() -> Somewhere:
    ys = torch.from_numpy(np.random.default_rng(1).standard_normal((300, 2)))
    return Somewhere(FIELD.module(restless()).double(), 0.4, ys)


@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_mean_is_within_four_standard_errors_and_the_deviation_is_the_expected_one(kind: str, seed: int) -> None:
    where = somewhere()
    found = estimate(where, kind, 40, jacobians_of(where), seed)
    assert abs(found.off) < 4
    assert found.deviation == pytest.approx(found.expected, rel=0.25)


def test_signs_scatter_less_than_normal_probes() -> None:
    where = somewhere()
    jacobians = jacobians_of(where)
    assert estimate(where, "rademacher", 1, jacobians).expected < estimate(where, "gaussian", 1, jacobians).expected


def test_the_exact_trace_of_the_study_is_the_fields_own() -> None:
    where = somewhere()
    exact = jacobians_of(where).diagonal(dim1=1, dim2=2).sum(1)
    torch.testing.assert_close(exact, where.module.evaluate_traced(where.t, where.ys).trace)


def test_the_last_report_has_all_numbers_of_probes_for_both_kinds() -> None:
    *_, last = reports(Subject(EXPERIMENT, restless()))
    assert last.done
    assert len(last.table.rows) == 1 + 2 * 7
    assert all(abs(row[3]) < 4.5 for row in last.table.rows[1:])
