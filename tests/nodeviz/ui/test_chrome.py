"""How panels are dressed: in the theme in force, whenever they come to be seen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from nodeviz.datasets.moons import Moons
from nodeviz.experiment import Experiment
from nodeviz.fields.mlp import MLPField
from nodeviz.tasks import Classify
from nodeviz.ui import theme
from nodeviz.ui.panels.study_tabs import StudyTabs


def test_tabs_that_were_measured_but_not_shown_wear_the_theme_of_the_day_they_are_shown(qtbot, qapp) -> None:
    theme.apply(qapp, "dark")
    tabs = StudyTabs(QWidget(), "Trade-off")
    qtbot.addWidget(tabs)
    tabs.suit(Experiment())
    theme.apply(qapp, "light")
    tabs.show()
    tabs.suit(Experiment(task=Classify(), dataset=Moons(), field=MLPField(cubed=False)))
    qtbot.wait(20)
    ground = tabs.bar.parentWidget().grab().toImage().pixelColor(1, 1).name()
    theme.apply(qapp, "dark")
    assert ground == theme.LIGHT.panel
