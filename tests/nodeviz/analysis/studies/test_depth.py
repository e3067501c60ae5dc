"""The study of depth: Euler's order, on weights that were learnt."""

from __future__ import annotations

import numpy as np
import pytest

from nodeviz.analysis.layers import DEPTHS
from nodeviz.analysis.report import Report
from nodeviz.analysis.studies.depth import DEPTH
from nodeviz.analysis.study import Subject
from nodeviz.datasets import Moons
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, SolverSettings, ViewSettings
from nodeviz.fields import MLPField
from nodeviz.tasks import Classify

MOONS = Experiment(
    task=Classify(),
    dataset=Moons(points=200),
    field=MLPField(width=16, cubed=False),
    solver=SolverSettings(rtol=1e-3, atol=1e-3),
    view=ViewSettings(layers=8),
)


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    trainer = Trainer(MOONS)
    for _ in range(60):
        trainer.step()
    return list(DEPTH.run(Subject(MOONS, trainer.shown(), trainer.steps)))


def test_the_gap_closes_with_slope_minus_one_and_the_sentence_says_so(reports: list[Report]) -> None:
    depths, distances = reports[-1].chart.series[0].x, reports[-1].chart.series[0].y
    slope = np.polyfit(np.log(depths[3:]), np.log(distances[3:]), 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.1)
    assert f"slope {slope:.2f} ".replace("-", "\u2212") in reports[-1].sentence


def test_every_report_has_one_depth_more_and_the_last_says_that_it_is(reports: list[Report]) -> None:
    assert [len(report.table.rows) for report in reports] == [*range(2, 11), 10]
    assert [report.done for report in reports] == [False] * 9 + [True]
    assert reports[-1].chart.series[0].x == DEPTHS


def test_the_depth_looked_at_is_marked_and_the_guide_ends_where_the_curve_does(reports: list[Report]) -> None:
    chart = reports[-1].chart
    assert chart.mark == 8.0
    curve, guide = chart.series
    assert guide.style == "guide"
    assert guide.y[-1] == curve.y[-1]
    assert guide.y[0] / guide.y[-1] == pytest.approx(256)


def test_with_many_layers_as_many_points_are_told_apart_as_by_the_ode(reports: list[Report]) -> None:
    *_, deepest, ode = reports[-1].table.rows
    assert deepest[2] == pytest.approx(ode[2], abs=2.1)


def test_a_field_that_stands_still_has_no_slope() -> None:
    *_, last = DEPTH.run(Subject(MOONS, np.zeros_like(MOONS.initial_parameters())))
    assert last.done
    assert "stands still" in last.sentence


def test_whoever_runs_it_may_abandon_it_at_once() -> None:
    class AbandonedError(Exception):
        pass

    def abandon() -> None:
        raise AbandonedError

    with pytest.raises(AbandonedError):
        next(DEPTH.run(Subject(MOONS, MOONS.initial_parameters(), 0, abandon)))


def test_only_a_flow_that_classifies_has_layers() -> None:
    assert not DEPTH.unsuited(MOONS)
    assert "choose the task Classify" in DEPTH.unsuited(Experiment())
