"""Every declared setting has a row that shows it, edits it, and never answers itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from nodeviz.experiment import Experiment, SolverSettings, TrainingSettings, ViewSettings
from nodeviz.fields.mlp import MLPField
from nodeviz.settings import Setting, settings_of
from nodeviz.tasks.tableau import WrittenTableau
from nodeviz.ui.controls import row_for
from nodeviz.ui.controls.choice_row import ChoiceRow
from nodeviz.ui.controls.number_row import NumberRow
from nodeviz.ui.controls.reset_mark import ResetMark
from nodeviz.ui.controls.scale import POSITIONS, scale_of
from nodeviz.ui.controls.stops_row import StopsRow
from nodeviz.ui.controls.switch_row import SwitchRow
from nodeviz.ui.store import ExperimentStore

EVERY = [
    (section, setting)
    for section, struct in (
        ("solver", SolverSettings),
        ("training", TrainingSettings),
        ("field", MLPField),
        ("dataset", type(Experiment().dataset)),
        ("task", type(Experiment().task)),
    )
    for setting in settings_of(struct)
]
SLID = [setting for _, setting in EVERY if scale_of(setting)]
NAMES = [f"{section}.{setting.name}" for section, setting in EVERY]


@pytest.fixture
def store(qapp) -> ExperimentStore:
    return ExperimentStore()


def the(name: str, section: str = "solver", struct: type = SolverSettings) -> Setting:
    return next(setting for setting in settings_of(struct) if setting.name == name)


def number_row(name: str, section: str, struct: type, store: ExperimentStore, qtbot) -> NumberRow:
    row = row_for(the(name, section, struct), section, store)
    assert isinstance(row, NumberRow)
    qtbot.addWidget(row)
    row.resize(260, 30)
    row.show()
    return row


@pytest.mark.parametrize(("section", "setting"), EVERY, ids=NAMES)
def test_a_row_shows_the_setting_and_its_help(section: str, setting: Setting, store: ExperimentStore, qtbot) -> None:
    row = row_for(setting, section, store)
    qtbot.addWidget(row)
    assert row.label.text() == setting.label
    assert row.label.toolTip() == setting.help and setting.help.endswith(".")
    focusable = [child for child in row.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert focusable, "it can be reached by the keyboard"
    assert all(child.accessibleName() for child in focusable)


@pytest.mark.parametrize(("section", "setting"), EVERY, ids=NAMES)
def test_making_a_row_edits_nothing(section: str, setting: Setting, store: ExperimentStore, qtbot) -> None:
    before = store.experiment
    qtbot.addWidget(row_for(setting, section, store))
    assert store.experiment == before and not store.can_undo


@pytest.mark.parametrize("setting", SLID, ids=[setting.name for setting in SLID])
def test_every_position_of_a_slider_is_a_valid_value(setting: Setting) -> None:
    scale = scale_of(setting)
    assert scale is not None
    for position in range(0, POSITIONS + 1, 7):
        setting.check(scale.value(position))
    assert scale.value(0) == setting.low and scale.value(POSITIONS) == setting.high
    for steps in (-1, 1, 10):
        setting.check(scale.stepped(setting.default, steps))


def test_a_key_press_moves_a_whole_number_by_at_least_one() -> None:
    scale = scale_of(the("width", "field", MLPField))
    assert scale is not None
    assert scale.stepped(1, 1) == 2 and scale.stepped(2, -1) == 1


def test_a_logarithmic_slider_that_begins_at_zero_reaches_every_small_number() -> None:
    scale = scale_of(the("layers", "view", ViewSettings))
    assert scale is not None
    assert {0, 1, 2, 3, 4, 8} <= {scale.value(position) for position in range(POSITIONS + 1)}
    assert scale.position(15) == POSITIONS // 2, "as far from 0 as from 256"
    assert scale.stepped(0, 1) == 1 and scale.stepped(1, -1) == 0


def test_a_setting_that_waits_for_reset_says_so_beside_its_name(store: ExperimentStore, qtbot) -> None:
    waiting, live = (number_row(name, "field", MLPField, store, qtbot) for name in ("first_weights", "width"))
    assert "next Reset" in waiting.findChild(ResetMark).toolTip() and live.findChild(ResetMark) is None


def test_dragging_a_slider_is_one_step_of_undo(store: ExperimentStore, qtbot) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    assert row.slider is not None
    left, right = QPoint(20, row.slider.height() // 2), QPoint(row.slider.width() - 20, row.slider.height() // 2)
    QTest.mousePress(row.slider, Qt.MouseButton.LeftButton, pos=left)
    first = store.experiment.solver.rtol
    QTest.mouseMove(row.slider, right)
    QTest.mouseRelease(row.slider, Qt.MouseButton.LeftButton, pos=right)
    assert store.experiment.solver.rtol > first
    store.undo()
    assert store.experiment == Experiment()


def test_a_row_follows_the_store_without_editing_it(store: ExperimentStore, qtbot) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    edits = []
    store.edit("solver.rtol", 3.3e-4)
    store.changed.connect(lambda before, after: edits.append(after))
    assert row.field.text() == "3.3×10⁻⁴" and not edits
    assert store.experiment.solver.rtol == 3.3e-4, "the slider's rounding does not come back"


@pytest.mark.parametrize("typed", ["1e-3", "1×10⁻³", "0.001"])
def test_a_typed_value_is_taken(store: ExperimentStore, qtbot, typed: str) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    row.field.setFocus()
    row.field.setText(typed)
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert store.experiment.solver.rtol == 1e-3


@pytest.mark.parametrize("typed", ["100", "-1", "abc", "1e-99", ""])
def test_a_typed_value_that_cannot_be_is_refused_in_words_and_taken_back(
    store: ExperimentStore, qtbot, typed: str
) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    refused = []
    store.refused.connect(refused.append)
    row.field.setText(typed)
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert store.experiment == Experiment() and len(refused) == 1
    assert row.field.text() == "1×10⁻⁵"


def test_arrow_keys_in_the_field_step_the_value(store: ExperimentStore, qtbot) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    QTest.keyClick(row.field, Qt.Key.Key_Up)
    assert store.experiment.solver.rtol > 1e-5
    QTest.keyClick(row.field, Qt.Key.Key_Down)
    assert store.experiment.solver.rtol == pytest.approx(1e-5, rel=0.05)


def test_escape_takes_back_what_is_typed(store: ExperimentStore, qtbot) -> None:
    row = number_row("rtol", "solver", SolverSettings, store, qtbot)
    row.field.setText("0.5")
    QTest.keyClick(row.field, Qt.Key.Key_Escape)
    assert row.field.text() == "1×10⁻⁵" and store.experiment == Experiment()


def test_a_range_too_wide_to_drag_is_typed(store: ExperimentStore, qtbot) -> None:
    row = number_row("seed", "training", TrainingSettings, store, qtbot)
    assert row.slider is None
    row.field.setText("1234567")
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert store.experiment.training.seed == 1234567


def test_the_method_is_a_slider_whose_stops_are_named(store: ExperimentStore, qtbot) -> None:
    row = StopsRow(the("method"), "solver", store)
    qtbot.addWidget(row)
    for stop, choice in enumerate(row.stops):
        row.slider.setValue(stop)
        assert store.experiment.solver.method == choice.value
        assert row.box.currentText() == choice.label and choice.help in row.slider.toolTip()
    assert {"euler", "rk4", "dopri5", "tsit5"} <= {choice.value for choice in row.stops}
    assert len(row.stops) <= 12, "far enough apart to be hit"


def test_every_method_can_be_had_and_becomes_a_stop(store: ExperimentStore, qtbot) -> None:
    store.edit("solver.tableau", WrittenTableau(a=((),), b=(1,)))
    row = StopsRow(the("method"), "solver", store)
    qtbot.addWidget(row)
    for choice in the("method").choices:
        row.box.activated.emit(row.box.findData(choice.value))
        assert store.experiment.solver.method == choice.value
        assert row.stops[row.slider.value()] == choice


def test_a_drag_over_methods_is_one_step_of_undo(store: ExperimentStore, qtbot) -> None:
    row = StopsRow(the("method"), "solver", store)
    qtbot.addWidget(row)
    store.edit("solver.method", "ralston3")
    row.slider.setSliderDown(True)
    for stop in range(len(row.stops)):
        row.slider.setSliderPosition(stop)
    row.slider.setSliderDown(False)
    assert store.experiment.solver.method == row.stops[-1].value
    assert "ralston3" not in {choice.value for choice in row.stops}
    store.undo()
    assert store.experiment.solver.method == "ralston3"


def test_the_list_of_methods_is_grouped_and_picks_by_keyboard(store: ExperimentStore, qtbot) -> None:
    row = StopsRow(the("method"), "solver", store)
    qtbot.addWidget(row)
    row.show()
    row.box.showPopup()
    items = [row.box.list.list.item(place) for place in range(row.box.list.list.count())]
    headings = [item.text() for item in items if not item.flags() & Qt.ItemFlag.ItemIsEnabled]
    assert len(headings) == 6 and len(items) == len(headings) + len(the("method").choices)
    assert row.box.list.list.currentItem().text() == "Dormand-Prince 5(4)"
    QTest.keyClick(row.box.list.list, Qt.Key.Key_Down)
    QTest.keyClick(row.box.list.list, Qt.Key.Key_Return)
    assert store.experiment.solver.method == "tsit5" and not row.box.list.isVisible()
    row.box.showPopup()
    QTest.keyClick(row.box.list.list, Qt.Key.Key_Home)
    QTest.keyClick(row.box.list.list, Qt.Key.Key_Escape)
    assert store.experiment.solver.method == "tsit5" and not row.box.list.isVisible()


def test_a_choice_explains_what_is_chosen(store: ExperimentStore, qtbot) -> None:
    row = row_for(the("gradient"), "solver", store)
    assert isinstance(row, ChoiceRow)
    qtbot.addWidget(row)
    store.edit("solver.gradient", "backsolve")
    assert "O(1) memory" in row.box.toolTip()
    row.box.activated.emit(row.box.findData("direct"))
    assert store.experiment.solver.gradient == "direct"


def test_space_toggles_a_switch_that_has_the_keyboard(store: ExperimentStore, qtbot) -> None:
    row = row_for(the("cubed", "field", MLPField), "field", store)
    assert isinstance(row, SwitchRow)
    qtbot.addWidget(row)
    row.show()
    row.switch.setFocus()
    QTest.keyClick(row.switch, Qt.Key.Key_Space)
    assert store.experiment.field == MLPField(cubed=False)


def test_a_row_of_another_kind_of_field_is_left_alone(store: ExperimentStore, qtbot) -> None:
    from nodeviz.fields.formula import FormulaField

    row = number_row("width", "field", MLPField, store, qtbot)
    store.edit("field", FormulaField())
    assert row.field.text() == "50"
