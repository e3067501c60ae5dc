"""The study of flows: what takes part, and what its reports say."""

from __future__ import annotations

import pytest
import torch

from nodeviz.analysis.flows.comparison import compared_flows, reports
from nodeviz.analysis.studies.flows import FLOWS
from nodeviz.analysis.study import Subject
from nodeviz.datasets import EightGaussians, Energy
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields import MLPField
from nodeviz.tasks import MatchDensity, SolverSettings
from nodeviz.tasks.match_density import as_match_density

torch.set_num_threads(1)
LIKELIHOOD = Experiment(
    task=MatchDensity(batch=64),
    dataset=EightGaussians(points=800),
    field=MLPField(width=16, time="concatsquash", cubed=False),
    solver=SolverSettings(rtol=1e-2, atol=1e-2),
    training=TrainingSettings(learning_rate=0.02),
)
REVERSE = Experiment(
    task=MatchDensity(objective="reverse-kl", batch=64),
    dataset=Energy(),
    field=LIKELIHOOD.field,
    solver=LIKELIHOOD.solver,
)


def test_the_last_report_has_a_row_for_every_flow_and_a_line_for_the_floor() -> None:
    *earlier, last = reports(Subject(LIKELIHOOD, LIKELIHOOD.initial_parameters()), limit=0.02)
    assert last.done and not any(report.done for report in earlier)
    assert len(earlier) >= 9
    names = [row[0] for row in last.table.rows]
    assert names[:3] == ["this field, by likelihood", "this field, by flow matching", "this field, by OT flow matching"]
    assert all(row[1] is not None and row[6] >= 1 for row in last.table.rows)
    gaps = [row[1] - row[2] for row in last.table.rows]
    assert gaps == pytest.approx([LIKELIHOOD.dataset.entropy] * len(gaps))
    assert last.chart.series[-1].label == "floor"


def test_small_flows_are_as_large_as_they_say() -> None:
    sizes = {one.name: one.parameters for one in compared_flows(LIKELIHOOD, LIKELIHOOD.task)}
    assert [sizes[f"planar, {layers} layers"] for layers in (2, 8, 32)] == [10, 40, 160]
    assert sizes["this field, by likelihood"] == LIKELIHOOD.initial_parameters().size


def test_without_samples_there_is_no_flow_matching_and_planar_flows_lead_to_the_energy() -> None:
    found = {one.name: one for one in compared_flows(REVERSE, REVERSE.task)}
    assert not any("matching" in name for name in found)
    assert found["planar, 8 layers"].evaluations() == 8


@pytest.mark.slow
@pytest.mark.parametrize("experiment", [LIKELIHOOD, REVERSE], ids=["likelihood", "reverse KL"])
def test_every_contestant_learns(experiment: Experiment) -> None:
    for one in compared_flows(experiment, experiment.task):
        before = one.merit()
        for _ in range(60):
            one.step()
        assert one.merit() < before, one.name


def test_other_tasks_are_refused_in_a_sentence() -> None:
    assert FLOWS.unsuited(LIKELIHOOD) == ""
    assert "no density" in FLOWS.unsuited(Experiment())
    with pytest.raises(ValueError, match="Choose the task Match a density"):
        as_match_density(Experiment().task)
