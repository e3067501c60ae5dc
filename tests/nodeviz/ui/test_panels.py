"""The panels show what applies, and nothing that does not."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nodeviz.datasets import DATASETS, PointsFile, Spiral
from nodeviz.datasets.moons import Moons
from nodeviz.experiment import Experiment
from nodeviz.fields.formula import FormulaField
from nodeviz.fields.gradient import GradientField
from nodeviz.fields.mlp import MLPField
from nodeviz.settings import value_at
from nodeviz.tasks import TASKS, FitTrajectories
from nodeviz.tasks.classify import Classify
from nodeviz.ui.alternatives import KINDS, Alternatives, ready_experiments
from nodeviz.ui.panels.cost import CostPanel, StepCost, TrajectoryCost
from nodeviz.ui.panels.field import FieldPanel
from nodeviz.ui.panels.formula import FormulaEditor
from nodeviz.ui.panels.problem import ProblemPanel
from nodeviz.ui.panels.solver import SolverPanel
from nodeviz.ui.panels.training import TrainingPanel
from nodeviz.ui.store import ExperimentStore


@pytest.fixture
def store(qapp) -> ExperimentStore:
    return ExperimentStore()


def shown(panel, qtbot):
    qtbot.addWidget(panel, before_close_func=lambda _: panel.hide())  # holds a panel of which a test keeps but a part
    panel.resize(284, 600)
    panel.show()
    return panel


class Twins(Moons, frozen=True, tag="twins"):
    """A second dataset with classes, whichever else there are."""


@pytest.fixture
def two_of_moons(monkeypatch) -> tuple[type, type]:
    monkeypatch.setitem(KINDS, "dataset", (*DATASETS, Twins))
    return Moons, Twins


def combination(task: type) -> Experiment:
    """An experiment of that task, as the window would make it."""
    offered = Alternatives(ExperimentStore()).offer("task", task).experiment
    assert offered is not None
    return offered


def problem(store: ExperimentStore, qtbot) -> ProblemPanel:
    return shown(ProblemPanel(store, Alternatives(store)), qtbot)


def field_panel(store: ExperimentStore, qtbot) -> FieldPanel:
    return shown(FieldPanel(store, Alternatives(store)), qtbot)


def editor(store: ExperimentStore, qtbot) -> FormulaEditor:
    store.edit("field", FormulaField())
    return shown(FormulaEditor(store), qtbot)


def type_over(edit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)


def test_tolerances_are_shown_for_adaptive_methods_and_the_step_size_for_others(store, qtbot) -> None:
    panel = shown(SolverPanel(store), qtbot)
    assert panel.rows["rtol"].isVisible() and panel.rows["atol"].isVisible() and not panel.rows["dt"].isVisible()
    store.edit("solver.method", "rk4")
    assert not panel.rows["rtol"].isVisible() and panel.rows["dt"].isVisible()
    store.edit("solver.method", "dopri5")
    store.edit("solver.controller", "fixed")
    assert panel.rows["dt"].isVisible()


def test_a_caution_stands_beside_backsolve_and_only_there(store, qtbot) -> None:
    panel = shown(SolverPanel(store), qtbot)
    assert not panel.caution.isVisible()
    store.edit("solver.gradient", "backsolve")
    assert panel.caution.isVisible() and "orders of magnitude" in panel.caution.text()


def test_steps_per_trajectory_that_have_no_effect_are_explained(store, qtbot) -> None:
    panel = shown(SolverPanel(store), qtbot)
    store.edit("solver.stepping", "per_sample")
    assert not panel.without_effect.isVisible()
    store.edit("solver.method", "rk4")
    assert panel.without_effect.isVisible() and "adaptive Runge-Kutta" in panel.without_effect.text()
    store.edit("solver.method", "dopri5")
    store.edit("solver.gradient", "gauss")
    assert panel.without_effect.isVisible() and "checkpointed" in panel.without_effect.text()
    store.edit("solver.stepping", "shared")
    assert not panel.without_effect.isVisible()


def test_every_training_setting_has_a_row(store, qtbot) -> None:
    panel = shown(TrainingPanel(store), qtbot)
    assert {"optimiser", "learning_rate", "weight_decay", "clip", "seed", "device"} <= set(panel.rows)


def test_the_thumbnail_shows_the_noise_that_training_sees(store, qtbot) -> None:
    thumbnail = problem(store, qtbot).gallery.thumbnails[Spiral]
    quiet = thumbnail.grab().toImage()
    store.edit("dataset.noise", 0.3)
    assert thumbnail.grab().toImage() != quiet


@pytest.mark.parametrize("experiment", ready_experiments(), ids=lambda experiment: experiment.name)
def test_the_gallery_offers_what_suits_the_task_and_marks_what_is_at_hand(store, qtbot, experiment) -> None:
    gallery = problem(store, qtbot).gallery
    store.take(experiment)
    shown_ones = [kind for kind, thumbnail in gallery.thumbnails.items() if thumbnail.isVisible()]
    assert shown_ones == gallery.offered and type(experiment.dataset) in shown_ones
    assert gallery.thumbnails[type(experiment.dataset)].isChecked()


def test_what_is_said_below_the_gallery_is_how_many_points_there_are(qtbot) -> None:
    experiment = Experiment(task=Classify(), dataset=PointsFile(points=2000))
    train, test = experiment.dataset.sample(0)
    assert len(train.ys) + len(test.ys) < 2000
    panel = problem(ExperimentStore(experiment), qtbot)
    assert panel.amount.text() == f"{len(train.ys)} + {len(test.ys)} points"


def test_another_dataset_of_the_task_is_one_step_of_undo_and_comes_back_as_it_was_left(
    store, qtbot, two_of_moons
) -> None:
    store.take(combination(Classify))
    gallery, (here, there) = problem(store, qtbot).gallery, two_of_moons
    gallery.thumbnails[here].click()
    store.edit("dataset.held_out", 0.3)
    before = store.experiment
    gallery.thumbnails[there].click()
    assert type(store.experiment.dataset) is there and store.experiment.field == before.field
    gallery.thumbnails[here].click()
    assert store.experiment.dataset == before.dataset
    store.undo()
    store.undo()
    assert store.experiment == before


def test_arrow_keys_choose_among_thumbnails(store, qtbot, two_of_moons) -> None:
    store.take(combination(Classify))
    gallery, (first, last) = problem(store, qtbot).gallery, two_of_moons
    gallery.thumbnails[first].click()
    QTest.keyClick(gallery.thumbnails[first], Qt.Key.Key_Left)
    assert type(store.experiment.dataset) is last and gallery.thumbnails[last].isChecked()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.title)
def test_another_task_comes_as_a_whole_and_is_one_step_of_undo(store, qtbot, task) -> None:
    panel, before = problem(store, qtbot), store.experiment
    panel.tasks.buttons[task].click()
    assert type(store.experiment.task) is task
    assert {path.partition(".")[0] for path in panel.rows} == {"dataset", "task"}
    for path, row in panel.rows.items():
        assert row.value == value_at(store.experiment, path)
    if task is not type(before.task):
        store.undo()
    assert store.experiment == before


def test_a_task_comes_back_as_it_was_left(store, qtbot) -> None:
    panel = problem(store, qtbot)
    store.edit("solver.rtol", 1e-3)
    left = store.experiment
    panel.tasks.buttons[Classify].click()
    panel.tasks.buttons[FitTrajectories].click()
    assert store.experiment == left


def test_a_kind_that_does_not_suit_is_dim_and_says_why(store, qtbot, monkeypatch) -> None:
    def refuse(task, dataset, field) -> None:
        if isinstance(field, FormulaField):
            raise ValueError("Formulas are not for this. Choose a network.")

    monkeypatch.setattr(FitTrajectories, "check", refuse)
    panel = field_panel(store, qtbot)
    button = panel.kinds.buttons[FormulaField]
    assert not button.isEnabled() and "Choose a network." in button.toolTip()


def test_settings_that_change_nothing_are_hidden(store, qtbot) -> None:
    panel = field_panel(store, qtbot)
    for time in ("none", "depth", "hypernetwork"):
        store.edit("field.time", time)
        idle = store.experiment.field.idle
        for rows in (panel.body.rows, panel.rare.rows):
            assert {name for name, row in rows.items() if row.isHidden()} == idle & set(rows)


def test_choosing_a_formula_and_coming_back_finds_the_network_as_it_was(store, qtbot) -> None:
    panel = field_panel(store, qtbot)
    store.edit("field.width", 77)
    panel.kinds.buttons[FormulaField].click()
    assert isinstance(store.experiment.field, FormulaField) and isinstance(panel.body, FormulaEditor)
    panel.kinds.buttons[MLPField].click()
    assert store.experiment.field == MLPField(width=77)


def test_what_is_typed_flows_at_once_when_it_can_be_read(store, qtbot) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dx.edit, "-y")
    assert store.experiment.field.dx == "-y"
    store.undo()
    assert store.experiment.field == FormulaField(), "typing a formula is one step of undo"


def test_a_formula_that_cannot_be_read_is_marked_and_never_reaches_the_store(store, qtbot) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dx.edit, "x + * y")
    assert lines.dx.problem.isVisible() and "olumn" in lines.dx.problem.text()
    assert lines.dx.edit.property("wrong")
    assert store.experiment.field.dx != "x + * y"
    type_over(lines.dx.edit, "x + y")
    assert not lines.dx.problem.isVisible() and store.experiment.field.dx == "x + y"


@pytest.mark.parametrize("text", ["().__class__", "__import__('os')", "x if", "9" * 600, "((((x", "lambda: 0", ""])
def test_nothing_that_is_typed_raises(store, qtbot, text: str) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dy.edit, text)
    QTest.keyClick(lines.dy.edit, Qt.Key.Key_Return)
    assert isinstance(store.experiment.field, FormulaField)


def test_a_new_name_gets_a_slider_when_the_line_is_finished(store, qtbot) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dx.edit, "mu*x")
    assert "m" not in lines.parameters, "not for every letter on the way"
    QTest.keyClick(lines.dx.edit, Qt.Key.Key_Return)
    assert "mu" in lines.parameters
    assert "mu" in [parameter.name for parameter in store.experiment.field.parameters]


def test_a_name_that_comes_back_finds_its_value(store, qtbot) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dx.edit, "x")
    type_over(lines.dy.edit, "y")
    QTest.keyClick(lines.dy.edit, Qt.Key.Key_Return)
    assert not store.experiment.field.parameters
    type_over(lines.dx.edit, "a*x")
    QTest.keyClick(lines.dx.edit, Qt.Key.Key_Return)
    assert store.experiment.field.parameters == FormulaField().parameters[:1]


def test_a_parameter_s_slider_moves_its_value_and_its_switch_its_training(store, qtbot) -> None:
    row = editor(store, qtbot).parameters["a"]
    row.slider.setValue(row.slider.maximum())
    row.train.click()
    parameter = store.experiment.field.parameters[0]
    assert parameter.value == parameter.high and not parameter.trained


def test_a_value_typed_beyond_the_ends_of_a_slider_widens_it(store, qtbot) -> None:
    row = editor(store, qtbot).parameters["a"]
    row.field.setText("50")
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert store.experiment.field.parameters[0].value == 50.0 == store.experiment.field.parameters[0].high


def test_costs_are_dashes_until_they_are_known(qapp, qtbot) -> None:
    panel = shown(CostPanel(), qtbot)
    assert {value.text() for value in panel.values.values()} == {"–"}
    panel.show_step(StepCost(38, 36, 1, 0.00894))
    panel.show_trajectory(TrajectoryCost(836, 139, 2))
    panel.show_accuracy(1.27e-4, 56.7)
    texts = {name: value.text() for name, value in panel.values.items()}
    assert texts["forward"] == "38" and texts["step_time"] == "8.94 ms"
    assert texts["steps"] == "139 / 2" and texts["error"] == "1.27×10⁻⁴"
    panel.clear_step()
    assert panel.values["forward"].text() == "–"


def test_a_trajectory_that_failed_says_why(qapp, qtbot) -> None:
    panel = shown(CostPanel(), qtbot)
    panel.show_trajectory(TrajectoryCost(10, 5, 5, "The step size fell below what the numbers can tell apart."))
    assert panel.trouble.isVisible()


def visible_windows(*expected) -> list:
    return [each for each in QApplication.topLevelWidgets() if each.isVisible() and each not in expected]


def test_a_body_that_another_kind_of_field_replaced_hears_no_later_edit(store, qtbot) -> None:
    panel = field_panel(store, qtbot)
    for field in (GradientField(), FormulaField(), MLPField(), GradientField(), MLPField()):
        store.edit("field", field)
        assert not visible_windows(panel), "what is replaced never shows as a window of its own"
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    store.edit("field.width", 24)
    store.edit("field", FormulaField())
    assert isinstance(panel.body, FormulaEditor)


def test_an_experiment_of_another_kind_of_field_redraws_the_field_panel(store, qtbot) -> None:
    panel = field_panel(store, qtbot)
    store.adopt(Experiment(field=FormulaField()))
    assert isinstance(panel.body, FormulaEditor)
    assert panel.kinds.buttons[FormulaField].isChecked()


def test_a_parameter_shows_where_training_has_moved_it_and_keeps_where_it_began(store, qtbot) -> None:
    lines = editor(store, qtbot)
    row, began = lines.parameters["a"], lines.parameters["a"].slider.value()
    lines.show_learnt({"a": 0.75, "b": 1.0})
    assert row.field.text() == "0.750" and row.slider.value() > began
    assert store.experiment.field == FormulaField(), "looking at what was learnt edits nothing"
    lines.show_learnt({})
    assert row.field.text() == "−0.5" and row.slider.value() == began


def test_moving_a_learnt_parameter_sets_it_and_undo_goes_back_to_what_was_learnt(store, qtbot) -> None:
    lines = editor(store, qtbot)
    row = lines.parameters["a"]
    lines.show_learnt({"a": 0.75})
    row.slider.setSliderDown(True)
    for position in (900, 950, 1000):
        row.slider.setValue(position)
        lines.show_learnt({"a": 0.1 * position})  # training goes on below the finger
    row.slider.setSliderDown(False)
    assert store.experiment.field.parameters[0].value == 2.0
    store.undo()
    assert store.experiment.field.parameters[0].value == 0.75
    store.undo()
    assert store.experiment.field == FormulaField()


def test_a_learnt_parameter_can_be_set_back_to_where_it_began(store, qtbot) -> None:
    lines = editor(store, qtbot)
    lines.show_learnt({"a": 0.75})
    type_over(lines.parameters["a"].field, "-0.5")
    QTest.keyClick(lines.parameters["a"].field, Qt.Key.Key_Return)
    value = store.experiment.field.parameters[0].value
    assert value == pytest.approx(-0.5, rel=1e-6) and value != -0.5, "or the engine would see no change"


def test_a_number_being_typed_is_left_alone_by_training(store, qtbot) -> None:
    lines = editor(store, qtbot)
    field = lines.parameters["a"].field
    type_over(field, "0.3")
    lines.show_learnt({"a": 0.75})
    assert field.text() == "0.3"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert store.experiment.field.parameters[0].value == 0.3


def test_formulas_in_another_order_keep_the_parameters_as_they_are(store, qtbot) -> None:
    lines = editor(store, qtbot)
    type_over(lines.dx.edit, "b*x - a*y")
    assert [parameter.name for parameter in store.experiment.field.parameters] == ["a", "b"]


def test_what_was_learnt_goes_along_into_a_formula_with_another_name(store, qtbot) -> None:
    lines = editor(store, qtbot)
    lines.show_learnt({"a": 0.75, "b": 2.5})
    type_over(lines.dx.edit, "a*x - c*y")
    QTest.keyClick(lines.dx.edit, Qt.Key.Key_Return)
    values = {parameter.name: parameter.value for parameter in store.experiment.field.parameters}
    assert values == {"a": 0.75, "b": 2.5, "c": 1.0}


def test_too_many_names_and_too_large_numbers_are_refused_in_words(store, qtbot) -> None:
    lines, said = editor(store, qtbot), []
    store.refused.connect(said.append)
    type_over(lines.dx.edit, " + ".join(f"p{number}" for number in range(40)))
    QTest.keyClick(lines.dx.edit, Qt.Key.Key_Return)
    type_over(lines.parameters["b"].field, "1e9")
    QTest.keyClick(lines.parameters["b"].field, Qt.Key.Key_Return)
    assert "at most 32 parameters" in said[0] and "at most" in said[1]
    assert store.experiment.field == FormulaField() and lines.parameters["b"].field.text() == "1"
