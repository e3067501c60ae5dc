"""The best loss that can be had is a number of Python's, which every message takes, or not known."""

from __future__ import annotations

import pytest

from nodeviz.experiment import Experiment
from tests.nodeviz.combinations import EVERY_EXPERIMENT, title_of

OF_EACH_PAIR = {(experiment.task, experiment.dataset): experiment for experiment in EVERY_EXPERIMENT}


@pytest.mark.parametrize("experiment", OF_EACH_PAIR.values(), ids=title_of)
def test_the_floor_of_a_task_is_a_float_or_unknown(experiment: Experiment) -> None:
    assert type(experiment.task.floor(experiment.dataset)) in (float, type(None))
