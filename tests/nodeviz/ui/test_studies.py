"""Studies: asked while they are looked at, asked again when they are old, and drawn whatever they report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from nodeviz.analysis.report import Chart, Column, Report, Series, Table
from nodeviz.analysis.study import Study, Subject
from nodeviz.engine.messages import AskStudy, Configured, Failed, Ready, StudyExtended, Weights, WorkerLost
from nodeviz.engine.packed import pack
from nodeviz.experiment import Experiment
from nodeviz.tasks import FitTrajectories
from nodeviz.ui import background_question, theme
from nodeviz.ui.alternatives import Alternatives
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.figures import figure
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.panels import study_tabs
from nodeviz.ui.panels.study_tabs import StudyTabs
from nodeviz.ui.panels.study_view import StudyView
from nodeviz.ui.report_text import best_rows, markdown, tsv
from nodeviz.ui.store import ExperimentStore
from nodeviz.ui.study_feed import StudyFeed
from tests.nodeviz.ui.pretended import PretendedClient

TABLE = Table(
    (Column("solver", sentence="Which."), Column("error", "%", 3, "How wrong.", "lowest"), Column("steps", digits=2)),
    (("Euler", 4.25, 100.0), ("RK4", 0.125, 20.0), ("none", None, None)),
)
CHART = Chart(
    "layers",
    "gap",
    (
        Series("gap", (1.0, 10.0, 100.0), (1.0, 0.1, 0.01)),
        Series("slope −1", (1.0, 100.0), (2.0, 0.02), "guide"),
        Series("measured", (1.0, 10.0), (0.0, 0.5), "points"),
    ),
    log_x=True,
    log_y=True,
    mark=20.0,
)


def no_work(subject: Subject) -> Iterator[Report]:
    yield Report(done=True)


def only_fits(experiment: Experiment) -> str:
    return "" if isinstance(experiment.task, FitTrajectories) else "Only trajectories have this."


def always(experiment: Experiment) -> str:
    return ""


FOLLOWING = Study("following", "Following", "About the weights.", True, only_fits, no_work)
LASTING = Study("lasting", "Lasting", "Trains its own.", False, always, no_work)


class Stage(NamedTuple):
    """What a study's tab is made of."""

    store: ExperimentStore
    link: EngineLink
    clock: FrameClock
    tabs: StudyTabs
    alternatives: Alternatives


@pytest.fixture(autouse=True)
def two_studies(monkeypatch) -> None:
    monkeypatch.setattr(study_tabs, "STUDIES", (FOLLOWING, LASTING))
    monkeypatch.setattr(background_question, "GAP", 0.0)
    monkeypatch.setattr(background_question, "SHARE", 1e9)


@pytest.fixture
def client() -> PretendedClient:
    return PretendedClient()


@pytest.fixture
def stage(qtbot, client: PretendedClient) -> Stage:
    """The tabs and what feeds them, over a pretended engine that is ready."""
    store, clock, tabs = ExperimentStore(), FrameClock(), StudyTabs(QWidget(), "Trade-off")
    link = EngineLink(client, store.experiment)
    store.changed.connect(lambda before, after: link.edit(after))
    StudyFeed(store, link, clock, tabs)
    qtbot.addWidget(tabs)
    tabs.show()
    link.start()
    for role in ("trainer", "inspector"):
        client.events.append(Ready(role=role, pid=1, device="cpu", torch="2"))
        client.events.append(Configured(role=role, step=0, kept=False, device="cpu", parameters=252))
    link.tick()
    return Stage(store, link, clock, tabs, Alternatives(store))


def asked(client: PretendedClient) -> list[tuple[int, str]]:
    return [(ask.question, ask.study) for ask in client.sent_to("inspector", AskStudy)]


def weights(step: int) -> Weights:
    from numpy import zeros

    return Weights(step=step, theta=pack(zeros(3, "float32")))


def answer(stage: Stage, client: PretendedClient, report: Report) -> None:
    question, study = asked(client)[-1]
    client.events.append(StudyExtended(question=question, study=study, step=0, report=report))
    stage.link.tick()


def test_a_study_is_asked_for_while_it_is_looked_at_and_ended_when_it_is_left(stage, client) -> None:
    tabs = stage.tabs
    stage.link.tick()
    assert asked(client) == []
    tabs.choose("following")
    stage.link.tick()
    stage.link.tick()
    assert [name for _, name in asked(client)] == ["following"], "once"
    tabs.bar.setCurrentIndex(0)
    stage.link.tick()
    assert [name for _, name in asked(client)] == ["following", ""]
    tabs.choose("following")
    stage.link.tick()
    assert [name for _, name in asked(client)][-1] == "following", "it was not complete"


def test_a_complete_study_is_asked_again_when_its_weights_have_moved_on_and_only_then(stage, client) -> None:
    stage.tabs.choose("following")
    stage.link.tick()
    answer(stage, client, Report(done=True))
    stage.link.tick()
    assert len(asked(client)) == 1
    client.events.append(weights(5))
    stage.link.tick()
    assert len(asked(client)) == 2


def test_a_study_that_trains_its_own_weights_stays_as_it_is_until_the_experiment_changes(stage, client) -> None:
    stage.tabs.choose("lasting")
    stage.link.tick()
    answer(stage, client, Report(done=True))
    client.events.append(weights(5))
    stage.link.tick()
    assert len(asked(client)) == 1
    stage.store.edit("solver.rtol", 1e-3)
    stage.link.tick()
    assert len(asked(client)) == 2


def test_an_answer_to_an_old_question_is_dropped(stage, client) -> None:
    stage.tabs.choose("following")
    view = stage.tabs.views["following"]
    stage.link.tick()
    client.events.append(StudyExtended(question=99, study="following", step=0, report=Report(sentence="Old.")))
    stage.link.tick()
    stage.clock.ticked.emit(1.0)
    assert view.sentence.text() == "" and view.chart.sentence == FOLLOWING.sentence
    answer(stage, client, Report(sentence="New.", done=True))
    stage.clock.ticked.emit(1.0)
    assert view.sentence.text() == "New."


def test_a_study_that_fails_is_not_asked_for_ever_and_one_of_a_lost_inspector_is_asked_again(stage, client) -> None:
    stage.tabs.choose("lasting")
    stage.link.tick()
    client.events.append(Failed(role="inspector", message="It broke.", remedy="Mend it."))
    for _ in range(3):
        stage.link.tick()
    assert len(asked(client)) == 1
    client.events.append(WorkerLost(role="inspector", exitcode=-9))
    stage.link.tick()
    stage.link.restart("inspector")
    client.events.append(Ready(role="inspector", pid=2, device="cpu", torch="2"))
    stage.link.tick()
    assert len(asked(client)) == 2


def test_a_study_that_does_not_suit_has_no_tab_and_none_is_asked_for(stage, client) -> None:
    tabs = stage.tabs
    tabs.choose("following")
    stage.link.tick()
    stage.alternatives.choose("task", next(kind for kind in study_kinds() if kind is not FitTrajectories))
    stage.link.tick()
    assert asked(client)[-1][1] == "lasting"
    assert tabs.study is None or tabs.study.name == "lasting"
    assert not tabs.bar.isTabVisible(1) and tabs.bar.isTabVisible(2)


def study_kinds() -> tuple[type, ...]:
    from nodeviz.tasks import TASKS

    return TASKS


@pytest.fixture
def view(qtbot, qapp) -> StudyView:
    view = StudyView(LASTING)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    return view


def test_a_view_shows_chart_table_and_sentence_and_one_of_them_where_there_is_no_room(view) -> None:
    view.show_report(Report(TABLE, CHART, "It falls.", True))
    assert view.chart.isVisible() and view.table.isVisible() and view.sentence.text() == "It falls."
    view.resize(400, 200)
    assert view.chart.isVisible() and not view.table.isVisible() and view.has_both
    view.prefer_table(True)
    assert view.table.isVisible() and not view.chart.isVisible()
    view.show_report(Report(sentence="Nothing yet."))
    assert view.chart.isVisible() and view.chart.sentence == LASTING.sentence


def test_a_guide_that_goes_on_beyond_the_chart_is_named_where_it_leaves_it(view) -> None:
    series = (Series("found", (0.0, 1.0), (3.0, 2.0)), Series("floor", (0.0, 50.0), (1.0, 1.0), "guide"))
    view.show_report(Report(chart=Chart("seconds", "loss", series)))
    named = {each.text: each for each in view.chart.labels._named}
    assert 1.0 < named["floor"].x <= view.chart._box.viewRange()[0][1] and named["floor"].y == 1.0


def test_before_anything_is_known_the_question_is_told_once(view) -> None:
    assert view.chart.sentence == LASTING.sentence and not view.sentence.isVisible()
    view.show_report(Report(sentence="Training 5 of them."))
    assert view.sentence.isVisible() and view.sentence.text() == "Training 5 of them."


def test_a_sentence_too_long_for_two_lines_ends_in_an_ellipsis_and_is_whole_in_its_tooltip(view) -> None:
    long = " ".join(f"word {number}," for number in range(100))
    view.show_report(Report(sentence=long))
    first, second = view.sentence.text().split("\n")
    assert long.startswith(first) and second.endswith("…")
    assert max(view.sentence.fontMetrics().horizontalAdvance(line) for line in (first, second)) <= view.width()
    assert view.sentence.toolTip() == long


def test_names_of_many_series_stay_inside_the_chart_and_clear_of_each_other(view, qtbot) -> None:
    view.resize(400, 200)
    series = tuple(Series(f"a contestant called {number}", (1.0,), (3.0 + 0.1 * number,)) for number in range(9))
    view.show_report(Report(chart=Chart("seconds", "loss", series)))
    labels, inside = view.chart.labels, view.chart._box.boundingRect().adjusted(-1, -1, 1, 1)
    shown = [item.mapRectToParent(item.boundingRect()) for item in labels._items if item.isVisible()]
    places = [view.chart._box.mapFromView(rect).boundingRect() for rect in shown]
    assert 2 <= len(places) < 9
    assert all(inside.contains(place) for place in places)
    assert not any(one.intersects(other) for i, one in enumerate(places) for other in places[:i])


def test_a_chart_names_its_series_marks_the_experiment_and_leaves_out_what_has_no_logarithm(view) -> None:
    view.show_report(Report(chart=CHART))
    chart = view.chart
    assert set(chart.labels.texts) == {"gap", "slope −1", "measured"}
    assert len(chart._drawn[2].places) == 1
    assert chart._mark.xData[0] == pytest.approx(1.30103)
    low, high = chart._box.viewRange()[1]
    assert low < -2 and high > 0
    view.show_report(Report(chart=Chart("x", "y", (Series("all", (), ()),))))
    assert chart.labels.texts == []


def test_a_view_wears_the_theme_before_it_has_anything_to_show(view) -> None:
    colours = theme.current()
    assert view.chart.backgroundBrush().color().name() == colours.panel
    assert view.chart.plot.getAxis("left").pen().color().name() == colours.hairline


def test_a_table_is_aligned_and_points_out_the_best(view) -> None:
    view.show_report(Report(TABLE))
    table = view.table
    assert table.item(1, 1).font().weight() > table.item(0, 1).font().weight()
    assert table.item(2, 1).text() == "–" and table.item(0, 2).text() == "100"
    assert table.horizontalHeaderItem(1).text() == "error\n%" and table.item(0, 1).toolTip() == "How wrong."
    assert best_rows(TABLE, 1) == {1} and best_rows(TABLE, 2) == frozenset()


def test_a_table_is_copied_for_a_spreadsheet_in_full_and_for_a_document_as_shown(view) -> None:
    assert tsv(TABLE).splitlines()[:2] == ["solver\terror (%)\tsteps", "Euler\t4.25\t100.0"]
    assert markdown(TABLE).splitlines()[1:3] == ["| --- | ---: | ---: |", "| Euler | 4.25 | 100 |"]
    QGuiApplication.clipboard().setText(tsv(TABLE))
    assert QGuiApplication.clipboard().text().endswith("none\t\t\n")


@pytest.mark.parametrize(("value", "digits", "text"), [(1.23456, 4, "1.235"), (98.76, 2, "99"), (1e-7, 1, "1×10⁻⁷")])
def test_figures_have_the_digits_that_are_asked_for(value, digits, text) -> None:
    assert figure(value, digits=digits) == text
