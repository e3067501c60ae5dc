"""A tableau opened in the window is the method, in one step of undo; a wrong one is a notice."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from nodeviz.assets_path import assets
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.tasks.tableau import WrittenTableau, method_of
from nodeviz.ui.desk import Workplace
from nodeviz.ui.launch import Launched
from nodeviz.ui.own_method import KEY, USE_TABLEAU
from nodeviz.ui.panels.solver import SolverPanel
from nodeviz.ui.store import ExperimentStore

HEUN = '{"a": [[], [1]], "b": ["1/2", "1/2"], "label": "Heun, typed"}'


def use(launched: Launched, path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    USE_TABLEAU.run(Workplace(launched.desk, launched.window))


def test_a_tableau_is_the_method_at_once_and_one_undo_takes_it_back(
    launched: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, path = launched.desk, tmp_path / "heun.json"
    use(launched, path, '{"a": [[]], "b": [0.9]}', monkeypatch)
    assert "heun.json cannot be used. The weights b must sum to 1" in desk.announcements.open[KEY].sentence
    assert desk.store.experiment == Experiment() and not desk.store.can_undo
    use(launched, path, HEUN, monkeypatch)
    assert KEY not in desk.announcements.open
    assert desk.store.experiment.solver.method == "own" and desk.store.experiment.solver.steps_are_fixed
    desk.store.undo()
    assert desk.store.experiment == Experiment() and not desk.store.can_undo
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))  # closed without a choice
    USE_TABLEAU.run(Workplace(desk, launched.window))
    assert desk.store.experiment == Experiment()


def test_the_dialog_opens_at_examples_of_which_every_one_is_used_and_says_its_order(
    launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    launched.desk.announcements.said.connect(said.append)
    for name, order in {"merson": 4, "nystrom3": 3, "ssprk43": 3, "zonneveld": 4}.items():
        monkeypatch.setattr(
            QFileDialog,
            "getOpenFileName",
            lambda parent, title, folder, files, name=name: (f"{folder}/{name}.json", ""),
        )
        USE_TABLEAU.run(Workplace(launched.desk, launched.window))
        tableau = launched.desk.store.experiment.solver.tableau
        assert tableau is not None and tableau.name == name
        assert f"{tableau.label} is the method now: order {order}" in said[-1]
        assert (method_of(tableau).order, method_of(tableau).adaptive) == (order, name != "nystrom3")
    assert {path.stem for path in (assets() / "tableaus").glob("*.json")} == {
        "merson",
        "nystrom3",
        "ssprk43",
        "zonneveld",
    }


def test_the_box_calls_the_method_by_its_label(qapp, qtbot) -> None:
    store = ExperimentStore()
    panel = SolverPanel(store)
    qtbot.addWidget(panel)
    tableau = WrittenTableau(a=((), (1,)), b=("1/2", "1/2"), label="Heun, typed")
    store.edit("solver", SolverSettings(method="own", tableau=tableau))
    assert panel.method.box.currentText() == "Heun, typed"
    store.edit("solver.method", "rk4")
    assert panel.method.box.currentText() == "Runge-Kutta 4"
    store.undo()
    store.undo()
    assert "Heun, typed" not in [panel.method.box.itemText(place) for place in range(panel.method.box.count())]


def test_own_is_refused_with_what_to_do_where_no_tableau_was_opened(qapp, qtbot) -> None:
    store, told = ExperimentStore(), []
    store.refused.connect(told.append)
    panel = SolverPanel(store)
    qtbot.addWidget(panel)
    box = panel.method.box
    box.setCurrentIndex(box.findData("own"))
    box.activated.emit(box.currentIndex())
    assert "Use a Butcher tableau…" in told[0]
    assert box.currentData() == store.experiment.solver.method == "dopri5"
