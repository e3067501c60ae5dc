"""A person's own file that is not where it was: what was seen of it is kept, and weights stay of use without it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from nodeviz.datasets import PointsFile
from nodeviz.datasets.declared import FileDataset
from nodeviz.datasets.picture import Picture as Image
from nodeviz.datasets.placement import Placement
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, decode, encode
from nodeviz.library.experiment_file import load_experiment
from nodeviz.library.model_file import initial_model, load_model, save_model
from nodeviz.tasks import Classify, MatchDensity
from nodeviz.tasks.learnt import place
from nodeviz.tasks.picture import Picture, Viewpoint

FAR = 1e9 + 1e6 * np.random.default_rng(0).standard_normal((60, 2))


def points(folder: Path, ys: np.ndarray = FAR) -> PointsFile:
    path = folder / "mine.csv"
    path.write_text("".join(f"{x!r},{y!r},{n % 2}\n" for n, (x, y) in enumerate(ys.tolist())))
    return PointsFile(path=str(path))


def image(folder: Path) -> Image:
    path = folder / "mine.pgm"
    path.write_bytes(b"P5 2 2 255\n" + bytes([0, 255, 255, 0]))
    return Image(path=str(path))


def lost(experiment: Experiment) -> Experiment:
    """The same from its JSON, after the file is gone."""
    text = encode(experiment)
    assert isinstance(experiment.dataset, FileDataset)
    Path(experiment.dataset.path).unlink()
    return decode(text)


def test_a_relative_path_is_kept_as_an_absolute_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points(tmp_path)
    monkeypatch.chdir(tmp_path)
    dataset = PointsFile(path="mine.csv")
    assert dataset.path == str(tmp_path / "mine.csv")
    monkeypatch.chdir("/")
    assert not decode(encode(Experiment(task=Classify(), dataset=dataset))).dataset.lost


@pytest.mark.parametrize("task", [Classify(), MatchDensity()])
def test_an_experiment_of_a_lost_file_has_its_layout_extent_and_placement_and_no_points(
    tmp_path: Path, task: Classify | MatchDensity
) -> None:
    before = Experiment(task=task, dataset=points(tmp_path))
    layout, extent = before.layout(), before.dataset.extent
    after = lost(before)
    assert after == before
    assert "mine.csv cannot be read: No such file" in after.dataset.lost
    assert (after.layout(), after.dataset.extent) == (layout, extent)
    assert isinstance(after.dataset, PointsFile)
    assert not len(after.dataset.sample(0).train.ys) and after.dataset.drawn == after.dataset.judging == 0
    assert after.dataset.placement == before.dataset.placement


def test_lines_that_are_added_later_leave_the_placement_of_what_was_learnt(tmp_path: Path) -> None:
    before = Experiment(task=Classify(), dataset=points(tmp_path))
    text = encode(before)
    points(tmp_path, 2 * FAR)
    assert decode(text).dataset.placement == before.dataset.placement
    (tmp_path / "fresh.json").write_bytes(text)
    fresh = load_experiment(tmp_path / "fresh.json").dataset
    assert fresh.placement.scale == pytest.approx(2 * before.dataset.placement.scale), "nothing was learnt yet"


def test_another_file_and_another_way_to_scale_are_looked_at_anew(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    here, there = points(tmp_path), points(tmp_path / "other", 3 * FAR)
    moved = replace(here, path=there.path)
    assert moved == there and moved.placement.scale == pytest.approx(3 * here.placement.scale)
    assert replace(here, scaled=False).placement == Placement()


def test_a_file_that_was_moved_with_its_model_is_found_beside_it(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    save_model(first / "m.nodeviz", initial_model(Experiment(task=Classify(), dataset=points(first))))
    first.rename(second)
    dataset = load_model(second / "m.nodeviz").experiment.dataset
    assert isinstance(dataset, PointsFile)
    assert dataset.path == str(second / "mine.csv") and not dataset.lost
    (second / "e.json").write_text('{"task": {"kind": "classify"}, "dataset": {"kind": "file", "path": "mine.csv"}}')
    assert load_experiment(second / "e.json").dataset == PointsFile(path=dataset.path)


def test_a_lost_image_is_no_obstacle_either(tmp_path: Path) -> None:
    after = lost(Experiment(task=MatchDensity(), dataset=image(tmp_path)))
    assert "mine.pgm cannot be read" in after.dataset.lost
    assert pictured(Trainer(after)).surface is not None


def pictured(trainer: Trainer) -> Picture:
    viewpoint = Viewpoint((-2.0, 2.0, -2.0, 2.0), 0.5, 8)
    experiment = trainer.experiment
    learnt = place(experiment.field, trainer.shown(), trainer.device).learnt
    with torch.no_grad():
        return trainer.run.picture(learnt, viewpoint, experiment.solver)


@pytest.mark.parametrize("task", [Classify(), MatchDensity(), MatchDensity(objective="flow-matching")])
def test_weights_without_data_are_held_and_drawn_and_go_on_when_the_file_is_back(
    tmp_path: Path, task: Classify | MatchDensity
) -> None:
    before = Trainer(Experiment(task=task, dataset=points(tmp_path)))
    before.step()
    trainer = Trainer(lost(before.experiment))
    trainer.restore(before.state())
    assert math.isnan(trainer.evaluate())
    assert pictured(trainer).surface is not None
    with pytest.raises(ValueError, match="mine.csv cannot be read"):
        trainer.step()
    np.testing.assert_array_equal(trainer.shown(), before.shown())
    points(tmp_path)
    assert trainer.step().loss == before.step().loss
    np.testing.assert_array_equal(trainer.shown(), before.shown())
    assert math.isfinite(trainer.evaluate())


@pytest.mark.parametrize("placement", ['{"scale": 0}', '{"scale": -1}', '{"centre": [1e999, 0]}'])
def test_a_placement_that_leads_nowhere_is_refused(tmp_path: Path, placement: str) -> None:
    with pytest.raises(ValueError, match="a finite centre and a scale above zero|out of range"):
        decode(
            '{"task": {"kind": "classify"}, "dataset": {"kind": "file", "path": "/mine.csv", "seen": {"path": '
            f'"/mine.csv", "scaled": true, "classes": 2, "bounds": [0, 0, 1, 1], "placement": {placement}}}}}}}'
        )


def test_a_placement_leads_there_and_back() -> None:
    placement = Placement((1e9, -3.0), 1e6)
    np.testing.assert_allclose(placement.in_data(placement.in_plane(FAR)), FAR)
    assert placement.log_area == pytest.approx(math.log(1e12))
