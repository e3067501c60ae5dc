"""The study of classifiers: a table that grows while they train, and in the end a comparison."""

from __future__ import annotations

import msgspec
import pytest

from nodeviz.analysis.classifiers.comparison import reports
from nodeviz.analysis.studies.classifiers import CLASSIFIERS
from nodeviz.analysis.study import Subject
from nodeviz.assets_path import ready_made
from nodeviz.datasets import Annuli
from nodeviz.experiment import Experiment, SolverSettings, decode
from nodeviz.fields import MLPField
from nodeviz.tasks import Classify

ANNULI = Experiment(
    task=Classify(batch=64),
    dataset=Annuli(points=200),
    field=MLPField(width=8, cubed=False),
    solver=SolverSettings(rtol=1e-3, atol=1e-3),
)


def of(experiment: Experiment) -> Subject:
    return Subject(experiment, experiment.initial_parameters())


def test_the_table_grows_turn_by_turn_and_ends_with_a_comparison() -> None:
    *_, last = reports(of(ANNULI), steps=4)
    assert last.done
    assert [row[0] for row in last.table.rows] == [
        "ODE-Net, adjoint",
        "RK-Net, through the solver",
        "ODE-Net, checkpointed",
        "ResNet of 6 blocks",
        "ODE-Net, augmented by 1",
    ]
    for row in last.table.rows:
        _, error, loss, parameters, kept, milliseconds, forward, backward, steps = row
        assert 0 <= error <= 100
        assert loss > 0
        assert parameters == pytest.approx(45, rel=0.1)
        assert kept > 0
        assert milliseconds > 0
        assert forward > 0 <= backward
        assert steps == 4
    assert "Least error" in last.sentence


def test_the_same_seed_gives_the_same_errors() -> None:
    errors = [[row[1] for row in list(reports(of(ANNULI), steps=3))[-1].table.rows] for _ in range(2)]
    assert errors[0] == errors[1]


def test_held_out_losses_are_drawn_over_steps_for_each_of_them() -> None:
    *_, last = reports(of(ANNULI), steps=3)
    assert [series.label for series in last.chart.series] == [row[0] for row in last.table.rows]
    assert last.chart.series[0].x == (1.0, 3.0)


def test_it_looks_up_before_every_step() -> None:
    looks = []
    subject = of(ANNULI)._replace(attend=lambda: looks.append(1))
    list(reports(subject, steps=3))
    assert len(looks) >= 15


def test_experiments_that_classify_nothing_are_unsuited() -> None:
    assert not CLASSIFIERS.unsuited(ANNULI)
    assert "choose the task Classify" in CLASSIFIERS.unsuited(Experiment())


@pytest.mark.slow
def test_annuli_are_told_apart_with_a_dimension_more_and_not_so_soon_in_the_plane() -> None:
    for seed in range(3):
        experiment = decode(ready_made()["annuli-augmented"].read_bytes())
        training = msgspec.structs.replace(experiment.training, seed=seed)
        *_, last = reports(of(msgspec.structs.replace(experiment, training=training)), steps=50)
        errors = {row[0]: row[1] for row in last.table.rows}
        assert errors["ODE-Net, checkpointed"] <= 2.0
        assert errors["ODE-Net, in the plane"] > errors["ODE-Net, checkpointed"] + 4.0
