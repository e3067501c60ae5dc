"""What every export format must do, and what the tables hold."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from nodeviz.experiment import Experiment
from nodeviz.export import FORMATS, Exported, Format, Trajectory
from nodeviz.library.model_file import decode_model, initial_model

TS = np.linspace(0.0, 1.0, 4)
EXPORTED = Exported(
    initial_model(Experiment()),
    (
        Trajectory("learnt 1", TS, np.stack([TS, TS**2], axis=1)),
        Trajectory("start 1", TS[:2], np.array([[1 / 3, np.nan], [-1e-300, 5.0]])),
    ),
)
BY_NAME = {format.name: format for format in FORMATS}


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_a_format_says_what_it_is_and_repeats_itself_exactly(format: Format) -> None:
    assert format.label
    assert format.sentence.endswith(".")
    assert format.suffix.startswith(".")
    assert format.encode(EXPORTED) == format.encode(EXPORTED)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_no_trajectories_are_no_trouble(format: Format) -> None:
    assert format.encode(Exported(EXPORTED.model))


def test_names_are_their_own() -> None:
    assert len(BY_NAME) == len(FORMATS)


def test_csv_keeps_every_digit() -> None:
    rows = list(csv.DictReader(io.StringIO(BY_NAME["csv"].encode(EXPORTED).decode())))
    assert [row["trajectory"] for row in rows] == ["learnt 1"] * 4 + ["start 1"] * 2
    values = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    np.testing.assert_array_equal(values, np.concatenate([each.ys for each in EXPORTED.trajectories]))


def test_npz_has_times_and_states_of_each() -> None:
    arrays = np.load(io.BytesIO(BY_NAME["npz"].encode(EXPORTED)))
    assert set(arrays) == {"learnt_1_t", "learnt_1_y", "start_1_t", "start_1_y"}
    np.testing.assert_array_equal(arrays["start_1_y"], EXPORTED.trajectories[1].ys)


def test_the_model_loads_back() -> None:
    assert decode_model(BY_NAME["model"].encode(EXPORTED)).experiment == EXPORTED.model.experiment
