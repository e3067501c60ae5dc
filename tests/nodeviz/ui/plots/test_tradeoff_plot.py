"""The trade-off: what is drawn of a sweep, what is named, what shows under the pointer."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from nodeviz.engine.messages import SweepPoint
from nodeviz.ui import theme
from nodeviz.ui.plots.log_axis import LogAxis, power_of_ten
from nodeviz.ui.plots.tradeoff_plot import TradeoffPlot


def point(exponent, error=None, status="success"):
    setting = 10.0**exponent
    return SweepPoint(setting, setting if error is None else error, int(50 * 10 ** (-exponent / 4)), 2.5, status)


SWEEP = tuple(point(exponent) for exponent in np.arange(-8, 0.5, 0.5))


@pytest.fixture
def plot(qtbot, qapp):
    theme.apply(qapp, "dark")
    plot = TradeoffPlot()
    qtbot.addWidget(plot)
    plot.resize(440, 240)
    plot.show()
    QApplication.processEvents()
    return plot


def test_an_empty_plot_says_what_will_be_there(plot):
    assert plot.sentence
    plot.set_points("rtol", SWEEP, None)
    assert plot.sentence == ""
    plot.clear()
    assert plot.sentence


def test_every_point_is_drawn_at_its_logarithms_inside_the_view(plot):
    plot.set_points("rtol", SWEEP, SWEEP[4])
    x, y = plot._dots.getData()
    np.testing.assert_allclose(x, [np.log10(each.nfe) for each in SWEEP])
    np.testing.assert_allclose(y, [np.log10(each.error) for each in SWEEP])
    (low_x, high_x), (low_y, high_y) = plot._box.viewRange()
    assert low_x < x.min() and x.max() < high_x and low_y < y.min() and y.max() < high_y


def test_the_solver_as_set_is_named_with_its_tolerance_and_time(plot):
    plot.set_points("rtol", SWEEP, point(-5))
    assert "rtol 1×10⁻⁵ · 2.50 ms" in plot.labels.texts


def test_a_few_whole_decades_are_named_and_not_the_one_that_is_set(plot):
    plot.set_points("rtol", SWEEP, point(-4))
    decades = [text for text in plot.labels.texts if not text.startswith("rtol")]
    assert 2 <= len(decades) <= 5
    assert "10⁻⁴" not in decades


@pytest.mark.parametrize("size", [(300, 150), (440, 240), (900, 440)])
def test_every_name_stands_right_beside_its_own_point(plot, size):
    plot.resize(*size)
    QApplication.processEvents()
    plot.set_points("rtol", SWEEP, point(-5))
    shown = [
        (name, item) for name, item in zip(plot.labels._named, plot.labels._items, strict=False) if item.isVisible()
    ]
    assert any(name.text.startswith("rtol") for name, _ in shown)
    for name, item in shown:
        at, corner = (plot._box.mapFromView(where) for where in (QPointF(name.x, name.y), item.pos()))
        size = item.textItem.boundingRect()
        right, down = corner.x() + size.width() - at.x(), corner.y() + size.height() - at.y()
        away = max(-right, right - size.width(), -down, down - size.height(), 0.0)
        assert away <= 10, f"{name.text} stands {away} pixels away"


def test_failed_solves_are_left_out(plot):
    plot.set_points("dt", (*SWEEP, point(-1, float("nan"), "non_finite"), point(-2, 0.0)), point(-3, float("inf")))
    assert len(plot._dots.getData()[0]) == len(SWEEP)
    assert len(plot._mark.getData()[0]) == 0


def test_the_point_under_the_pointer_tells_its_figures_until_the_pointer_leaves(plot):
    plot.set_points("rtol", SWEEP, SWEEP[4])
    target = SWEEP[10]
    plot._hover(plot._box.mapViewToScene(QPointF(np.log10(target.nfe), np.log10(target.error))))
    assert any("NFE" in text and "ms" in text and "error" in text for text in plot.labels.texts)
    plot._hover(QPointF(-500, -500))
    assert not any("NFE" in text for text in plot.labels.texts)


def test_it_is_grey_while_it_is_computed_again(plot):
    plot.set_points("rtol", SWEEP, SWEEP[4])
    plot.set_stale(True)
    assert plot._mark.opts["brush"].color().name() == theme.DARK.secondary
    plot.set_stale(False)
    assert plot._mark.opts["brush"].color().name() == theme.DARK.learnt


def test_the_axes_stand_still_while_a_sweep_moves_a_little(plot):
    plot.set_points("rtol", SWEEP, SWEEP[4])
    before = plot._box.viewRange()
    moved = tuple(SweepPoint(p.setting, 1.1 * p.error, p.nfe, p.milliseconds, p.status) for p in SWEEP)
    plot.set_points("rtol", moved, moved[4])
    assert plot._box.viewRange() == before


def test_a_single_point_and_a_tiny_plot_can_be_drawn(plot):
    plot.set_points("rtol", SWEEP[:1], None)
    for size in ((1, 1), (50, 40), (900, 500)):
        plot.resize(*size)
        QApplication.processEvents()
        plot.grab()


@pytest.mark.parametrize(
    ("logarithm", "plain", "label"),
    [(-5.0, False, "10⁻⁵"), (np.log10(2e-5), False, "2×10⁻⁵"), (-2.0, True, "0.01"), (np.log10(50), True, "50")],
)
def test_powers_of_ten_are_short(logarithm, plain, label):
    assert power_of_ten(logarithm, plain) == label


@pytest.mark.parametrize("span", [0.05, 0.4, 1.5, 3.0, 8.0, 40.0])
@pytest.mark.parametrize("size", [60.0, 180.0, 900.0])
def test_a_logarithmic_axis_has_some_labels_but_never_a_crowd(qapp, span, size):
    axis = LogAxis("left")
    ticks = axis.tickValues(-3.3, -3.3 + span, size)[0][1]
    assert 1 <= len(ticks) <= max(3, size / 12)
    assert len(set(axis.tickStrings(ticks, 1.0, 1.0))) == len(ticks)
