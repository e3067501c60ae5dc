"""The scrubber: time follows the slider, plays, loops and stops."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from nodeviz.ui import theme
from nodeviz.ui.plots.time_scrubber import PLAYED_IN, TimeScrubber


@pytest.fixture
def scrubber(qtbot, qapp):
    theme.apply(qapp, "dark")
    scrubber = TimeScrubber()
    qtbot.addWidget(scrubber)
    scrubber.resize(600, 40)
    scrubber.show()
    scrubber.set_duration(25.0)
    QApplication.processEvents()
    return scrubber


def test_moving_the_slider_tells_the_time(qtbot, scrubber):
    with qtbot.waitSignal(scrubber.timeChanged) as changed:
        scrubber.slider.setValue(scrubber.slider.maximum() // 2)
    assert changed.args == [12.5] and scrubber.time == 12.5


def test_a_press_on_the_track_goes_there(qtbot, scrubber):
    track = scrubber.slider
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 2, track.height() // 2))
    assert scrubber.time == pytest.approx(12.5, abs=0.2)
    qtbot.mouseMove(track, QPoint(track.width() + 50, 5))
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton)
    assert not track.isSliderDown()


def test_the_keyboard_moves_time(qtbot, scrubber):
    for key, there in ((Qt.Key.Key_End, 25.0), (Qt.Key.Key_Home, 0.0)):
        qtbot.keyClick(scrubber.slider, key)
        assert scrubber.time == there
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Right)
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_PageUp)
    assert 0 < scrubber.time < 2


def test_playing_moves_time_and_loops_at_the_end(scrubber):
    scrubber.tick(1.0)
    assert scrubber.time == 0.0
    scrubber.set_playing(True)
    scrubber.tick(PLAYED_IN / 2)
    assert scrubber.time == pytest.approx(12.5)
    scrubber.tick(0.75 * PLAYED_IN)
    assert scrubber.time == pytest.approx(6.25) and scrubber.playing


def test_without_looping_it_stops_at_the_end_and_plays_again_from_the_beginning(scrubber):
    scrubber.loop.setChecked(False)
    scrubber.set_playing(True)
    scrubber.tick(2 * PLAYED_IN)
    assert scrubber.time == 25.0 and not scrubber.playing
    scrubber.play.click()
    assert scrubber.time == 0.0 and scrubber.playing


def test_setting_the_time_it_has_says_nothing(qtbot, scrubber):
    scrubber.set_time(3.0)
    with qtbot.assertNotEmitted(scrubber.timeChanged):
        scrubber.set_time(3.0)


def test_time_stays_within_a_new_range(qtbot, scrubber):
    scrubber.set_time(20.0)
    with qtbot.waitSignal(scrubber.timeChanged) as changed:
        scrubber.set_duration(10.0)
    assert changed.args == [10.0]
    scrubber.set_time(-5.0)
    assert scrubber.time == 0.0


@pytest.mark.parametrize("span", [(1.0, 1.0), (2.0, 1.0), (0.0, float("inf"))])
def test_a_range_without_length_is_refused(scrubber, span):
    with pytest.raises(ValueError, match="later end"):
        scrubber.set_range(*span)


def test_everything_that_takes_the_keyboard_has_a_name_and_a_sentence(scrubber):
    for widget in (scrubber.play, scrubber.slider, scrubber.loop):
        assert widget.accessibleName() and widget.toolTip().endswith(".")


def test_the_play_button_says_what_a_press_does(scrubber):
    scrubber.set_playing(True)
    assert scrubber.play.accessibleName() == "Pause time"
    scrubber.set_playing(False)
    assert scrubber.play.accessibleName() == "Play"


def test_it_is_drawn_in_both_themes_and_at_any_size(scrubber, qapp):
    for choice in ("light", "dark"):
        theme.apply(qapp, choice)
        for width in (1, 80, 2000):
            scrubber.resize(width, 30)
            scrubber.grab()


def test_time_plays_backwards_too_and_only_one_way_at_once(scrubber):
    scrubber.set_time(5.0)
    scrubber.back.click()
    scrubber.tick(PLAYED_IN / 10)
    assert scrubber.time == pytest.approx(2.5) and scrubber.playing
    scrubber.tick(PLAYED_IN / 5)
    assert scrubber.time == pytest.approx(22.5), "it loops from the beginning to the end"
    scrubber.play.click()
    assert not scrubber.back.isChecked()
    scrubber.tick(PLAYED_IN / 25)
    assert scrubber.time == pytest.approx(23.5)
    scrubber.loop.setChecked(False)
    scrubber.set_playing(True, backwards=True)
    scrubber.tick(2 * PLAYED_IN)
    assert scrubber.time == 0.0 and not scrubber.playing
    scrubber.back.click()
    assert scrubber.time == 25.0, "back from the beginning begins at the end"
