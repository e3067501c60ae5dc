"""The window as a whole, over an engine that is only pretended."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QWidget

from nodeviz.analysis.studies import STUDIES
from nodeviz.assets_path import ready_made
from nodeviz.engine.messages import (
    ActivityChanged,
    AskPortrait,
    AskTrajectories,
    Configure,
    Configured,
    Diverged,
    Failed,
    Pause,
    Ready,
    Reset,
    Step,
    Train,
    Weights,
    WorkerLost,
)
from nodeviz.engine.packed import pack
from nodeviz.tasks import TASKS, Classify
from nodeviz.ui import choosing, exporting, theme
from nodeviz.ui.announcements import Notice
from nodeviz.ui.commands import COMMANDS, MENUS, REGIONS
from nodeviz.ui.controls.row import Row
from nodeviz.ui.desk import Workplace
from nodeviz.ui.launch import Launched
from nodeviz.ui.ready_menu import ReadyMenu
from nodeviz.ui.view_chips import ViewChips
from tests.nodeviz.ui.pretended import PretendedClient


def hear(launched: Launched, client: PretendedClient, *events) -> None:
    client.events += events
    launched.desk.link.tick()


def get_ready(launched: Launched, client: PretendedClient) -> None:
    both = [Ready(role=role, pid=1, device="cpu", torch="2") for role in ("trainer", "inspector")]
    stands = [
        Configured(role=role, step=0, kept=False, device="cpu", parameters=252) for role in ("trainer", "inspector")
    ]
    hear(launched, client, *both, *stands)


def press(launched: Launched, keys: str) -> None:
    """Press a shortcut where the keyboard is."""
    combination = QKeySequence(keys)[0]
    QTest.keyClick(launched.window.focusWidget() or launched.window, combination.key(), combination.keyboardModifiers())


def test_the_engine_starts_only_after_the_first_frame(qtbot, client: PretendedClient) -> None:
    from nodeviz.ui.launch import launch

    launched = launch(client)
    launched.desk.link.tick()
    assert not client.started
    launched.window.show()
    qtbot.waitUntil(lambda: client.started)
    launched.window.close()
    assert client.stopped
    launched.window.deleteLater()


def test_a_field_flows_before_the_engine_has_said_anything(launched: Launched) -> None:
    assert launched.window.plane.particle_layer.isVisible()
    before = launched.window.plane.grab().toImage()
    for _ in range(5):
        launched.window.plane.tick(0.016)
    assert launched.window.plane.grab().toImage() != before


def test_space_trains_and_pauses_also_before_the_trainer_is_ready(launched: Launched, client: PretendedClient) -> None:
    press(launched, "Space")
    assert launched.window.toolbar.train.text() == "Starting…"
    get_ready(launched, client)
    assert len(client.sent_to("trainer", Train)) == 1
    hear(launched, client, ActivityChanged(activity="training", step=0))
    assert launched.window.toolbar.train.text() == "Pause"
    press(launched, "Space")
    assert len(client.sent_to("trainer", Pause)) == 1


def test_s_steps_and_r_resets(launched: Launched, client: PretendedClient) -> None:
    get_ready(launched, client)
    press(launched, "S")
    press(launched, "R")
    assert len(client.sent_to("trainer", Step)) == len(client.sent_to("trainer", Reset)) == 1


def test_double_clicking_train_leaves_things_as_they_were(launched: Launched, client: PretendedClient) -> None:
    get_ready(launched, client)
    button = launched.window.toolbar.train
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    kinds = [type(command) for role, command in client.sent if role == "trainer"]
    assert kinds.count(Train) == kinds.count(Pause)
    assert not launched.desk.link.wanted


def test_letters_typed_into_a_field_are_no_shortcuts(launched: Launched, client: PretendedClient) -> None:
    row = next(section for section in launched.window.right.sections if section.title == "Solver").rows["rtol"]
    row.field.setFocus()
    QTest.keyClicks(row.field, "s r1")
    assert not client.sent_to("trainer", Step) and not client.sent_to("trainer", Reset)
    assert not launched.desk.link.wanted


def test_ctrl_z_takes_back_an_edit_and_ctrl_y_brings_it_again(launched: Launched) -> None:
    store = launched.desk.store
    store.edit("solver.rtol", 1e-3)
    press(launched, "Ctrl+Z")
    assert store.experiment.solver.rtol == 1e-5
    press(launched, "Ctrl+Y")
    assert store.experiment.solver.rtol == 1e-3
    press(launched, "Ctrl+Z")
    press(launched, "Ctrl+Shift+Z")
    assert store.experiment.solver.rtol == 1e-3


def test_a_setting_reaches_the_engine_at_the_next_frame_without_a_pause(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    hear(launched, client, ActivityChanged(activity="training", step=0))
    launched.desk.store.edit("solver.method", "tsit5")
    launched.desk.link.tick()
    assert client.sent_to("trainer", Configure)[-1].experiment.solver.method == "tsit5"
    assert not client.sent_to("trainer", Pause) and not client.sent_to("trainer", Reset)


def test_what_is_asked_while_a_net_is_looked_at_is_asked_of_its_layers(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    launched.desk.alternatives.choose("task", Classify)
    launched.desk.store.edit("view.layers", 4)
    launched.window.plane.startPlaced.emit(1.0, 0.5)
    launched.desk.link.tick()
    assert client.sent_to("inspector", AskTrajectories)[-1].layers == 4


def test_a_placed_start_is_asked_for_at_the_next_frame_and_can_be_undone(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    launched.window.plane.startPlaced.emit(1.0, 0.5)
    launched.desk.link.tick()
    assert client.sent_to("inspector", AskTrajectories)[-1].starts == ((1.0, 0.5),)
    for x in (1.1, 1.2, 1.3):
        launched.window.plane.startMoved.emit(0, x, 0.5)
    launched.window.plane.startDropped.emit(0, 1.4, 0.5)
    assert launched.desk.store.experiment.view.starts == ((1.4, 0.5),)
    press(launched, "Ctrl+Z")
    assert launched.desk.store.experiment.view.starts == ((1.0, 0.5),), "a drag is one step of undo"
    launched.window.plane.startRemoved.emit(0)
    assert launched.desk.store.experiment.view.starts == ()


@pytest.mark.parametrize("role", ["trainer", "inspector"])
def test_a_lost_worker_is_told_with_a_way_to_restart_it(launched: Launched, client: PretendedClient, role) -> None:
    get_ready(launched, client)
    hear(launched, client, WorkerLost(role=role, exitcode=-9))
    banner = _banners(launched)[role]
    assert role in banner.sentence.text() and banner.isVisible()
    assert f"{role} lost" in getattr(launched.window.status, role).text()
    banner.offer.click()
    assert client.restarted == [role]
    hear(launched, client, Ready(role=role, pid=1, device="cpu", torch="2"))
    assert role not in _banners(launched)


def test_a_failure_is_told_with_its_remedy_and_its_details_can_be_copied(
    launched: Launched, client: PretendedClient
) -> None:
    hear(launched, client, Failed(role="trainer", message="It broke.", remedy="Mend it.", detail="line 1"))
    banner = _banners(launched)["trainer failed"]
    banner.copied.click()
    assert QGuiApplication.clipboard().text() == "line 1"
    banner.closed.click()
    assert not _banners(launched)


def test_a_diverging_solve_is_told_in_the_status_bar(launched: Launched, client: PretendedClient) -> None:
    hear(launched, client, Diverged(step=7, status="non_finite", sentence="It blew up.", remedy="Step smaller."))
    assert "It blew up." in launched.window.status.message.text()


def test_training_that_stopped_by_itself_offers_to_undo_the_setting_that_was_changed(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    hear(launched, client, ActivityChanged(activity="paused", step=3, reason="Solves failed."))
    assert _banners(launched)["paused"].offer is None, "there is nothing to undo"
    before = launched.desk.store.experiment
    launched.desk.store.edit("solver.max_steps", 10)
    hear(launched, client, ActivityChanged(activity="paused", step=3, reason="Solves failed."))
    _banners(launched)["paused"].offer.click()
    assert launched.desk.store.experiment == before and "paused" not in _banners(launched)


def test_every_plot_can_be_copied_and_saved_by_its_menu(
    launched: Launched, client: PretendedClient, tmp_path, monkeypatch
) -> None:
    window, place = launched.window, Workplace(launched.desk, launched.window)
    asked = []

    def answer(parent, title, suggestion, kind):
        asked.append(suggestion)
        return str(tmp_path / f"picture{len(asked)}"), kind

    monkeypatch.setattr(exporting.QFileDialog, "getSaveFileName", answer)
    charts = (window.studies.view_of(study).chart for study in STUDIES)
    plots = (window.plane.canvas, window.loss, window.evaluations, window.tradeoff, *charts)
    for plot in plots:
        menu = exporting.show_menu(place, plot, QPoint(0, 0))
        for action in menu.actions():
            action.trigger()
        menu.close()
        assert not QGuiApplication.clipboard().image().isNull()
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.svg"))) == len(plots)
    assert any("loss" in name for name in asked)


def test_a_right_click_on_a_start_removes_it_and_elsewhere_asks_for_the_menu(launched: Launched, qtbot) -> None:
    plane, menus = launched.window.plane, []
    plane.canvas.menuAsked.disconnect()
    plane.canvas.menuAsked.connect(menus.append)
    launched.desk.store.edit("view.starts", ((0.0, 0.0),))
    for x, wanted in ((1.0, 1), (0.0, 1)):
        at = plane.canvas.mapFromScene(plane.box.mapViewToScene(QPointF(x, 0.0)))
        plane.pointer._hover(QPointF(x, 0.0))
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, plane.canvas.mapToGlobal(at))
        plane.canvas.contextMenuEvent(event)
        assert len(menus) == wanted


def test_a_value_that_is_refused_is_told_in_the_status_bar(launched: Launched) -> None:
    launched.desk.store.edit("solver.rtol", 7.0)
    assert "rtol" in launched.window.status.message.text()


def test_an_exception_nobody_caught_is_a_banner_and_no_traceback(launched: Launched, capsys) -> None:
    error = RuntimeError("unforeseen")
    sys.excepthook(RuntimeError, error, None)
    assert "unforeseen" in _banners(launched)["exception"].sentence.text()
    assert capsys.readouterr().err == ""


def test_every_command_has_a_name_of_its_own_a_menu_and_no_shortcut_twice(qapp) -> None:
    names = [command.name for command in COMMANDS]
    shortcuts = [shortcut for command in COMMANDS for shortcut in command.shortcuts]
    assert len(set(names)) == len(names) and len(set(shortcuts)) == len(shortcuts)
    assert {command.menu for command in COMMANDS} == {*MENUS, choosing.MENU, ""}, "the last are for the palette alone"


def test_the_palette_finds_a_command_and_does_it(launched: Launched, client: PretendedClient) -> None:
    press(launched, "Ctrl+K")
    palette = launched.window.palette_overlay
    assert palette.isVisible() and palette.list.count() > 20
    QTest.keyClicks(palette.typed, "reset")
    assert palette.list.item(0).text().startswith("Reset")
    QTest.keyClick(palette.typed, Qt.Key.Key_Return)
    assert len(client.sent_to("trainer", Reset)) == 1 and not palette.isVisible()


def test_escape_closes_the_palette_and_gives_the_keyboard_back(launched: Launched) -> None:
    before = launched.window.focusWidget()
    press(launched, "Ctrl+K")
    QTest.keyClick(launched.window.palette_overlay.typed, Qt.Key.Key_Escape)
    assert not launched.window.palette_overlay.isVisible() and launched.window.focusWidget() is before


def test_ctrl_e_lists_every_export(launched: Launched) -> None:
    press(launched, "Ctrl+E")
    palette = launched.window.palette_overlay
    titles = [palette.list.item(row).text() for row in range(palette.list.count())]
    for kind in ("model", "script", "CSV", "NPZ", "PNG", "SVG"):
        assert any(kind in title for title in titles), kind


def test_help_names_every_key(launched: Launched) -> None:
    press(launched, "F1")
    assert launched.window.help_overlay.isVisible()
    press(launched, "F1")
    assert not launched.window.help_overlay.isVisible()


def test_a_digit_moves_the_keyboard_to_its_region(launched: Launched) -> None:
    for number, region in enumerate(REGIONS, start=1):
        launched.window.plane.setFocus()
        before = launched.window.focusWidget()
        press(launched, str(number))
        if region not in ("phase plane", "cost"):
            assert launched.window.focusWidget() is not before, region


def test_the_theme_switches_and_is_remembered(launched: Launched) -> None:
    before = theme.current().name
    press(launched, "Ctrl+T")
    assert theme.current().name != before
    assert launched.desk.preferences.current.theme == theme.current().name
    press(launched, "Ctrl+T")


def test_a_view_chip_changes_what_is_drawn_and_concerns_no_worker(launched: Launched, client: PretendedClient) -> None:
    get_ready(launched, client)
    sent = len(client.sent_to("trainer", Configure))
    _chips(launched)["view.arrows"].click()
    launched.desk.link.tick()
    assert launched.desk.store.experiment.view.arrows
    assert len(client.sent_to("trainer", Configure)) == sent


def test_layers_can_be_chosen_where_classes_are_told_apart_and_are_asked_for(
    launched: Launched, client: PretendedClient, qtbot
) -> None:
    get_ready(launched, client)
    solver = next(section for section in launched.window.right.sections if section.title == "Solver")
    launched.desk.store.edit("view.layers", 4)
    qtbot.waitUntil(lambda: bool(client.sent_to("inspector", AskPortrait)))
    assert not solver.layers.rows["layers"].isVisible()
    assert client.sent_to("inspector", AskPortrait)[-1].layers == 0, "there are no classes"
    launched.desk.alternatives.choose("task", Classify)
    launched.desk.store.edit("view.layers", 4)
    assert solver.layers.rows["layers"].isVisible()
    for role in ("trainer", "inspector"):
        hear(launched, client, Configured(role=role, step=0, kept=False, device="cpu", parameters=9, revision=1))
    launched.desk.link.inspection._portrait.answered()
    qtbot.waitUntil(lambda: client.sent_to("inspector", AskPortrait)[-1].layers == 4)


def test_the_view_has_a_chip_for_every_layer_of_the_experiment_and_for_no_other(
    launched: Launched, client: PretendedClient
) -> None:
    chips, desk = _chips(launched), launched.desk
    assert chips["view.target"].isVisible() and not chips["view.surface"].isVisible()
    desk.alternatives.choose("task", Classify)
    assert chips["view.surface"].isVisible() and chips["view.surface"].text() == "decision surface"
    assert chips["view.surface"].isChecked() and not chips["view.speed"].isChecked()
    assert not chips["view.target"].isVisible() and not chips["view.lift"].isVisible()
    desk.store.edit("field.augmented", 1)
    assert chips["view.lift"].isVisible() and chips["view.lift"].isChecked()
    chips["view.speed"].click()
    assert chips["view.speed"].isChecked() and not chips["view.surface"].isChecked()
    chips["view.speed"].click()
    assert desk.store.experiment.view.background == "none"


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.title)
def test_any_task_can_be_taken_in_the_window_and_undone_whole(launched: Launched, client, task) -> None:
    get_ready(launched, client)
    before = launched.desk.store.experiment
    launched.desk.alternatives.choose("task", task)
    launched.desk.link.tick()
    assert client.sent_to("trainer", Configure)[-1].experiment == launched.desk.store.experiment
    press(launched, "Ctrl+Z")
    assert launched.desk.store.experiment == before
    assert _chips(launched)["view.target"].isVisible()


def test_ready_made_experiments_stand_below_their_tasks_with_a_sentence(launched: Launched) -> None:
    menu = launched.window.findChild(ReadyMenu)
    menu.fill()
    entries = [action for action in menu.actions() if action.isEnabled() and not action.isSeparator()]
    assert len(entries) == len(ready_made()) and all(action.toolTip() for action in entries)
    entries[-1].trigger()
    assert launched.desk.store.experiment.name.lower() == entries[-1].text().lower()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.title)
def test_nothing_is_clipped_and_the_middle_keeps_its_share(launched: Launched, task) -> None:
    window = launched.window
    launched.desk.alternatives.choose("task", task)
    for width, height in ((1280, 800), (1920, 1080), (3840, 2160)):
        window.resize(width, height)
        QTest.qWait(20)
        assert window.plane.width() >= 0.55 * width
        for column in (window.left, window.right):
            assert column.widget().width() <= column.viewport().width(), "nothing is cut off at its side"
            _assert_inside(column)
        for plot in (window.loss, window.evaluations, window.tradeoff, window.plane):
            assert plot.width() > 200 and plot.height() > 120


def test_any_size_can_be_had_and_rows_keep_their_height(launched: Launched) -> None:
    for size in ((4000, 620), (961, 2000), (960, 600)):
        launched.window.resize(*size)
        QTest.qWait(10)
        assert launched.window.plane.width() > 100
        for row in launched.window.findChildren(Row):
            assert not row.isVisible() or row.height() >= row.layout().minimumSize().height(), row.path


def test_every_control_has_a_name(launched: Launched) -> None:
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in launched.window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and not _called(widget)
    ]
    assert not nameless


def test_the_tab_order_follows_the_eye(launched: Launched) -> None:
    window, order = launched.window, []
    window.toolbar.reset.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(60):
        order.append(window.focusWidget())
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        if window.focusWidget() in order:
            break
    regions = [_region_of(launched, widget) for widget in order]
    changes = [region for place, region in enumerate(regions) if place == 0 or regions[place - 1] != region]
    assert changes == sorted(changes), "toolbar, left, middle, right, plots, each once"


def _called(widget: QWidget) -> str:
    """Its own accessible name, or that of the plot whose canvas it is."""
    parents = (widget, widget.parentWidget(), widget.parentWidget().parentWidget())
    return next((parent.accessibleName() for parent in parents if parent and parent.accessibleName()), "")


def _region_of(launched: Launched, widget: QWidget) -> int:
    window = launched.window
    order = (window.toolbar, window.left, window.plane.parentWidget(), window.right)
    return next((place for place, region in enumerate(order) if region.isAncestorOf(widget)), len(order))


def _banners(launched: Launched) -> dict:
    from nodeviz.ui.banner import BannerArea

    return launched.window.findChild(BannerArea).banners


def _chips(launched: Launched) -> dict:
    from nodeviz.ui.view_chips import ViewChips

    return launched.window.findChild(ViewChips).chips


def _assert_inside(column: QScrollArea) -> None:
    for child in column.widget().findChildren(QWidget):
        if child.isVisible():
            right = child.mapTo(column.widget(), child.rect().bottomRight()).x()
            assert right <= column.widget().width(), f"{type(child).__name__} {child.accessibleName()} is cut off"


def test_space_opens_no_list_and_letters_in_a_list_are_no_shortcuts(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    row = next(section for section in launched.window.right.sections if section.title == "Solver").rows["method"]
    row.box.setFocus()
    row.box.showPopup()
    QTest.keyClicks(row.box.list.list, "rs 1")
    assert not client.sent_to("trainer", Step) and not client.sent_to("trainer", Reset)
    assert not client.sent_to("trainer", Train)
    QTest.keyClick(row.box.list.list, Qt.Key.Key_Escape)
    assert not row.box.list.isVisible()


@pytest.mark.parametrize("line", ["dx", "dy"])
def test_space_in_a_formula_is_a_space(launched: Launched, client: PretendedClient, line: str) -> None:
    from nodeviz.fields.formula import FormulaField

    get_ready(launched, client)
    launched.desk.store.edit("field", FormulaField())
    editor = next(section for section in launched.window.left.sections if section.title == "Field").body
    edit = getattr(editor, line).edit
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "x - r*s")
    assert edit.text() == "x - r*s"
    assert not [kind for role, kind in client.sent if isinstance(kind, (Train, Step, Reset))]


def test_space_trains_wherever_the_keyboard_is_but_in_a_line_of_text(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    row = next(section for section in launched.window.right.sections if section.title == "Solver").rows["method"]
    for widget in (row.slider, row.box, launched.window.toolbar.reset, launched.window.plane.canvas):
        widget.setFocus()
        wanted = launched.desk.link.wanted
        press(launched, "Space")
        assert launched.desk.link.wanted is not wanted, widget
    assert not client.sent_to("trainer", Reset)
    assert row.box.list is None


def test_a_lost_trainer_is_restarted_by_the_train_button_and_goes_on(
    launched: Launched, client: PretendedClient
) -> None:
    get_ready(launched, client)
    hear(launched, client, WorkerLost(role="trainer", exitcode=-9))
    assert launched.window.toolbar.train.text() == "Restart"
    assert not launched.window.toolbar.step.isEnabled()
    press(launched, "Space")
    assert client.restarted == ["trainer"] and len(client.sent_to("trainer", Train)) == 1
    assert launched.window.toolbar.train.text() == "Starting…"


def test_banners_cover_no_control_and_move_nothing(launched: Launched) -> None:
    plane = launched.window.plane.geometry()
    for key in ("one", "two", "three", "four"):
        launched.desk.announcements.notice(Notice(key, f"Something went wrong, {key}. " * 8, "Do this."))
    area = launched.window.banners
    assert launched.window.plane.geometry() == plane
    assert launched.window.plane.rect().contains(area.geometry())
    for banner in area.banners.values():
        assert banner.sentence.height() >= banner.sentence.heightForWidth(banner.sentence.width())


def test_parameters_follow_the_weights_and_forget_them_with_the_run(
    launched: Launched, client: PretendedClient
) -> None:
    from nodeviz.fields.formula import FormulaField

    get_ready(launched, client)
    launched.desk.store.edit("field", FormulaField())
    row = next(section for section in launched.window.left.sections if section.title == "Field").body.parameters["a"]
    theta = pack(np.array([0.25, 1.0], np.float32))
    hear(launched, client, Weights(step=3, theta=theta, revision=0))
    assert row.field.text() == "−0.5", "these are of the experiment before the edit"
    hear(launched, client, Weights(step=3, theta=theta, revision=1))
    assert row.field.text() == "0.250"
    launched.desk.link.reset()
    assert row.field.text() == "−0.5"


def test_the_whole_plane_is_filled_whatever_its_size_before_the_engine_answers(launched: Launched) -> None:
    plane = launched.window.plane
    for size in ((1280, 800), (1900, 900), (960, 1200)):
        launched.window.resize(*size)
        QTest.qWait(5)
        drawn, visible = plane.heat_map.boundingRect(), plane.extent
        assert drawn.left() < visible.x_min and visible.x_max < drawn.right()
        assert drawn.top() < visible.y_min and visible.y_max < drawn.bottom()


def test_home_in_a_slider_goes_to_its_end_and_elsewhere_resets_the_view(launched: Launched) -> None:
    rows = next(section for section in launched.window.right.sections if section.title == "Solver").rows
    rows["method"].slider.setFocus()
    launched.window.plane.box.zoom(0.5)
    zoomed = launched.window.plane.extent
    press(launched, "Home")
    assert launched.desk.store.experiment.solver.method == "euler" and launched.window.plane.extent == zoomed
    launched.window.plane.canvas.setFocus()
    press(launched, "Home")
    assert launched.window.plane.extent != zoomed


def test_chips_without_room_are_in_the_menu_of_the_last_one(launched: Launched, qtbot) -> None:
    chips = launched.window.findChild(ViewChips)
    launched.window.show()
    launched.window.resize(960, 600)
    qtbot.waitUntil(lambda: chips.rest.isVisible())
    held = [action.text() for action in chips.rest.menu().actions()]
    gone = [
        chip.accessibleName()
        for name, chip in chips.chips.items()
        if launched.window.actions_by_name[name].isVisible() and not chip.isVisible()
    ]
    assert set(gone) < set(held) and "Reset view" in held
    launched.window.plane.startPlaced.emit(1.0, 0.5)
    assert not any(chip.isVisible() for chip in chips._spare), "one that can be used now has no more room than before"
    launched.window.resize(1800, 900)
    qtbot.waitUntil(lambda: not chips.rest.isVisible())
    assert all(chip.isVisible() for chip in chips._spare)
