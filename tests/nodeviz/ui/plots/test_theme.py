"""Both themes can be read, and switching tells everyone."""

import pytest
from PySide6.QtCore import Qt

from nodeviz.ui import theme
from nodeviz.ui.plots.ramp import contrast, fade, mixed, ramp

THEMES = [theme.DARK, theme.LIGHT]


@pytest.mark.parametrize("colours", THEMES, ids=lambda colours: colours.name)
@pytest.mark.parametrize("ink", ["text", "secondary", "blue", "orange"])
@pytest.mark.parametrize("ground", ["window", "panel", "canvas"])
def test_text_stands_out_at_least_as_accessibility_asks(colours, ink, ground):
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", THEMES, ids=lambda colours: colours.name)
@pytest.mark.parametrize("curve", ["learnt", "user", "observed"])
def test_curves_stand_out_from_the_slowest_to_the_fastest_speed(colours, curve):
    assert contrast(getattr(colours, curve), colours.slow) >= 3.0
    assert contrast(getattr(colours, curve), colours.fast) >= 2.4


@pytest.mark.parametrize("colours", THEMES, ids=lambda colours: colours.name)
def test_the_speed_map_is_quieter_than_any_curve_and_even_to_the_eye(colours):
    assert contrast(colours.slow, colours.fast) < 2.0
    steps = [f"#{colour & 0xFFFFFF:06x}" for colour in ramp(colours.slow, colours.fast, 9).tolist()]
    ratios = [contrast(steps[i], steps[i + 1]) for i in range(8)]
    assert max(ratios) - min(ratios) < 0.1


def test_a_fade_is_premultiplied_and_ends_at_its_opacity():
    first, last = fade("#ffffff", 0.5)[[0, -1]].tolist()
    assert first == 0
    assert last in (0x80808080, 0x7F7F7F7F)


def test_mixing_ends_at_both_colours():
    assert mixed("#123456", "#fedcba", 0.0) == "#123456"
    assert mixed("#123456", "#fedcba", 1.0) == "#fedcba"


def test_switching_changes_the_palette_and_tells_once(qtbot, qapp):
    theme.apply(qapp, "dark")
    with qtbot.waitSignal(theme.changed) as told:
        theme.apply(qapp, "light")
    assert told.args == [theme.LIGHT]
    assert theme.current() is theme.LIGHT and theme.chosen() == "light"
    assert qapp.palette().window().color().name() == theme.LIGHT.window
    heard = []
    theme.changed.connect(heard.append)
    theme.apply(qapp, "light")
    theme.changed.disconnect(heard.append)
    assert heard == []


def test_the_system_decides_when_it_is_asked_to(qapp):
    theme.apply(qapp, "system")
    light = qapp.styleHints().colorScheme() == Qt.ColorScheme.Light
    assert theme.current() is (theme.LIGHT if light else theme.DARK)


def test_an_unknown_theme_is_refused(qapp):
    with pytest.raises(ValueError, match="dark, light or system"):
        theme.apply(qapp, "mauve")


def test_figures_have_numerals_of_one_width(qapp):
    from PySide6.QtGui import QFontMetrics

    metrics = QFontMetrics(theme.figure_font())
    assert len({metrics.horizontalAdvance(digit * 4) for digit in "0123456789"}) == 1
    assert theme.figure_font().pixelSize() == 20 and theme.caption_font().pixelSize() == 11
