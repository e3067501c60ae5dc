"""Loss and NFE over the steps: nothing lost, nothing drawn for nobody, words while empty."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from nodeviz.ui import theme
from nodeviz.ui.plots.loss_plot import LossPlot, LossTerms
from nodeviz.ui.plots.nfe_plot import NfePlot


@pytest.fixture(params=[LossPlot, NfePlot])
def plot(request, qtbot, qapp):
    theme.apply(qapp, "dark")
    plot = request.param()
    qtbot.addWidget(plot)
    plot.resize(420, 200)
    plot.show()
    QApplication.processEvents()
    return plot


def feed(plot, first, count, value=1.0):
    steps = np.arange(first, first + count)
    plot.append(steps, np.full(count, value), np.full(count, value))


def test_an_empty_plot_says_what_comes_next_and_a_cleared_one_too(plot):
    assert plot.sentence
    said = plot.sentence
    feed(plot, 1, 5)
    assert plot.sentence == ""
    plot.clear()
    assert plot.sentence == said
    assert plot.steps()[0] == plot.steps()[1]


def test_many_appends_are_drawn_once(plot, monkeypatch):
    QApplication.processEvents()
    drawn = []
    draw = plot.draw_steps
    monkeypatch.setattr(plot, "draw_steps", lambda *what: drawn.append(what) or draw(*what))
    for first in range(1, 100, 10):
        feed(plot, first, 10)
    assert drawn == []
    QApplication.processEvents()
    assert len(drawn) == 1
    assert plot.steps() == (1, 101)


def test_a_hidden_plot_records_and_draws_when_it_is_shown(plot, monkeypatch):
    plot.hide()
    drawn = []
    draw = plot.draw_steps
    monkeypatch.setattr(plot, "draw_steps", lambda *what: drawn.append(what) or draw(*what))
    feed(plot, 1, 100)
    QApplication.processEvents()
    assert drawn == [] and plot.waiting
    plot.show()
    QApplication.processEvents()
    assert drawn and not plot.waiting


def test_all_steps_are_in_view_while_it_follows_and_stay_put_once_zoomed(plot):
    for first in range(1, 2000, 100):
        feed(plot, first, 100)
        QApplication.processEvents()
        begin, end = plot.steps_view.viewRange()[0]
        assert begin <= 1 and end >= first + 99
    plot.steps_view.setXRange(100, 200, padding=0)
    plot.steps_view.sigRangeChangedManually.emit([True, False])
    feed(plot, 2001, 100)
    QApplication.processEvents()
    assert plot.steps_view.viewRange()[0] == pytest.approx([100, 200])
    plot.follow()
    QApplication.processEvents()
    assert plot.steps_view.viewRange()[0][1] >= 2100


def test_training_that_went_back_is_drawn_from_there(plot):
    feed(plot, 1, 300)
    feed(plot, 201, 20)
    assert plot.steps() == (1, 221)
    QApplication.processEvents()
    plot.grab()


def test_what_is_no_number_leaves_gaps_and_breaks_nothing(plot):
    values = np.array([1.0, np.nan, np.inf, -1.0, 0.0, 2.0])
    plot.append(np.arange(1, 7), values, values)
    plot.append(np.arange(7, 9), np.full(2, np.nan), np.full(2, np.nan))
    QApplication.processEvents()
    plot.grab()
    assert plot.steps() == (1, 9)


def test_steps_with_holes_or_other_lengths_are_refused(plot):
    with pytest.raises(ValueError, match="consecutive"):
        plot.append(np.array([1, 3]), np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="consecutive"):
        plot.append(np.array([1, 2]), np.ones(2), np.ones(3))


def test_appending_nothing_leaves_it_empty(plot):
    plot.append(np.zeros(0, int), np.zeros(0), np.zeros(0))
    assert plot.sentence


def test_curves_are_named_with_their_newest_figures(plot):
    feed(plot, 1, 50, 25.0)
    QApplication.processEvents()
    names = plot.labels.texts
    assert names == (["train 25.0", "test 25.0"] if isinstance(plot, LossPlot) else ["forward 25", "backward 25"])


def test_the_figure_at_a_curve_s_end_is_the_height_of_the_mean_there(qtbot, qapp):
    plot = NfePlot()
    qtbot.addWidget(plot)
    plot.resize(420, 200)
    plot.show()
    feed(plot, 1, 50, 20.0)
    feed(plot, 51, 1, 80.0)
    qtbot.waitUntil(lambda: not plot.waiting)
    assert plot.labels.texts == ["forward 22", "backward 22"]


def test_a_theme_switch_repaints_axes_and_curves(plot, qapp):
    feed(plot, 1, 50)
    theme.apply(qapp, "light")
    QApplication.processEvents()
    assert plot.backgroundBrush().color().name() == theme.LIGHT.panel
    assert plot.plot.getAxis("left").textPen().color().name() == theme.LIGHT.secondary
    theme.apply(qapp, "dark")


def test_any_size_can_be_drawn(plot):
    feed(plot, 1, 500)
    for size in ((1, 1), (45, 36), (1500, 700)):
        plot.resize(*size)
        QApplication.processEvents()
        plot.grab()


def test_a_million_steps_are_drawn_with_a_few_points(plot):
    feed(plot, 1, 1_000_000)
    QApplication.processEvents()
    curves = [item for item in plot.plot.items if hasattr(item, "getData")]
    assert max(len(curve.getData()[0]) for curve in curves if curve.getData()[0] is not None) <= 4 * plot.width()


def test_the_axes_are_named(plot):
    assert plot.plot.getAxis("left").labelText and plot.plot.getAxis("bottom").labelText == "training step"


def test_steps_that_all_failed_are_told_instead_of_an_empty_axis(qtbot):
    plot = LossPlot()
    qtbot.addWidget(plot)
    nothing = np.full(3, np.nan)
    plot.append(np.arange(1, 4), nothing, nothing)
    assert "failed" in plot.sentence
    plot.append(np.arange(4, 6), np.array([0.5, np.nan]), nothing[:2])
    assert plot.sentence == ""
    plot.append(np.arange(6, 9), nothing, nothing)
    assert plot.sentence == "", "there is a curve to see"


def test_a_loss_that_may_be_negative_is_drawn_on_a_plain_axis_above_its_floor(qtbot, qapp):
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.set_terms(LossTerms("negative log-likelihood", "held-out NLL", -1.5, False))
    steps = np.arange(1, 101)
    plot.append(steps, np.linspace(2.0, -1.2, 100), np.where(steps % 10 == 0, -1.0, np.nan))
    qtbot.waitUntil(lambda: not plot.waiting)
    low, high = plot.steps_view.viewRange()[1]
    assert low < -1.5 and high > 2.0
    assert "floor −1.50" in plot.labels.texts and "test −1.00" in plot.labels.texts
    assert "held-out NLL" in plot.toolTip() and "floor" in plot.toolTip()


@pytest.mark.parametrize("steps", [60, 400])
def test_the_name_of_the_floor_stands_clear_of_its_own_line(qtbot, qapp, steps):
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(420, 200)
    plot.show()
    plot.set_terms(LossTerms("negative log-likelihood", "held-out NLL", 2.83, False))
    for first in range(1, steps, 10):
        at = np.arange(first, first + 10)
        loss = 2.9 + 1.1 * np.exp(-at / 60)
        plot.append(at, loss, np.where(at % 20 == 0, loss - 0.04, np.nan))
        qtbot.waitUntil(lambda: not plot.waiting)
    name = next(item for item in plot.labels._items if item.toPlainText().startswith("floor"))
    line = plot.steps_view.mapFromView(QPointF(0.0, 2.83)).y()
    top = plot.steps_view.mapFromView(name.pos()).y()
    assert name.isVisible()
    assert not top + 2 < line < top + name.textItem.boundingRect().height() - 2


def test_another_loss_forgets_the_last_and_another_floor_of_the_same_does_not(qtbot, qapp):
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.set_terms(LossTerms("one", "test"))
    plot.append(np.arange(1, 11), np.ones(10), np.full(10, np.nan))
    plot.set_terms(LossTerms("one", "test", floor=0.5))
    assert plot.steps() == (1, 11)
    plot.set_terms(LossTerms("another", "test"))
    first, end = plot.steps()
    assert first == end and plot.sentence


def test_a_floor_goes_with_the_steps_and_the_next_data_without_one_show_none(qtbot, qapp):
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.set_terms(LossTerms("one", "test", floor=0.5))
    plot.append(np.arange(1, 11), np.ones(10), np.full(10, np.nan))
    qtbot.waitUntil(lambda: not plot.waiting)
    assert len(plot._floor.xData)
    plot.clear()
    plot.set_terms(LossTerms("one", "test"))
    qtbot.waitUntil(lambda: not plot.waiting)
    assert len(plot._floor.xData) == 0


@pytest.mark.parametrize("difference", [1.0, 2.0, 4.0])
def test_names_stand_in_the_order_of_their_curves(qtbot, qapp, difference):
    plot = NfePlot()
    qtbot.addWidget(plot)
    plot.resize(320, 170)
    plot.show()
    for first in range(1, 700, 30):
        steps = np.arange(first, first + 30)
        forward = 26.0 - 10 * np.exp(-steps / 30)
        plot.append(steps, forward, forward - difference)
        qtbot.waitUntil(lambda: not plot.waiting)
        shown = [item for item in plot.labels._items if item.isVisible()]
        heights = {item.toPlainText().split()[0]: item.pos().y() for item in shown}
        assert len(heights) < 2 or heights["forward"] > heights["backward"], first
