"""The script that writes docs/results.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures.densities import TARGETS
from benchmarks.figures.training import Effort, trained
from benchmarks.results import main, page
from nodeviz.assets_path import ready_made


def test_every_target_is_a_ready_made_experiment() -> None:
    assert {target.name for target in TARGETS} <= set(ready_made())


def test_a_seed_is_trained_once_and_another_has_other_weights() -> None:
    first = trained("eight-gaussians", 0, 2)
    assert trained("eight-gaussians", 0, 2) is first
    assert (trained("eight-gaussians", 1, 2).theta != first.theta).any()
    assert (first.half_way != first.theta).any()


def test_a_trial_says_that_it_is_one() -> None:
    assert "no figure here counts" in page([], Effort((0,), 0.01))
    assert "no figure here counts" not in page([], Effort((0, 1, 2), 1.0))


@pytest.mark.slow
def test_a_quick_run_writes_the_page(tmp_path: Path) -> None:
    assert main(["--quick", "--only", "mathematics", "forms", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "## Mathematics" in text and "**EightGaussians.**" in text
