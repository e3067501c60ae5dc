"""What the engine says arrives in the plots and the figures, whole and in order."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from nodeviz.datasets.moons import Moons
from nodeviz.engine.messages import Portrait, Progress, SweepExtended, SweepPoint
from nodeviz.engine.packed import Curve, pack
from nodeviz.fields.formula import FormulaField
from nodeviz.tasks import MatchDensity
from nodeviz.ui.launch import Launched
from tests.nodeviz.ui.pretended import PretendedClient


def progress(first: int, loss: list[float], run: int = 0) -> Progress:
    column = pack(np.full(len(loss), 20.0))
    return Progress(
        first=first,
        loss=pack(np.array(loss)),
        test=pack(np.full(len(loss), np.nan)),
        nfe_forward=column,
        nfe_backward=column,
        rejected=column,
        seconds=pack(np.full(len(loss), 0.01)),
        run=run,
    )


def hear(launched: Launched, client: PretendedClient, qtbot, *events) -> None:
    client.events += events
    qtbot.waitUntil(lambda: not client.events)
    qtbot.wait(300)


def test_every_step_is_kept_and_the_figures_follow(launched: Launched, client: PretendedClient, qtbot) -> None:
    pieces = [progress(10 * k, [0.5] * 10) for k in range(30)]
    hear(launched, client, qtbot, *pieces)
    assert launched.window.loss.steps() == (1, 301)
    assert launched.window.evaluations.steps() == (1, 301)
    figures = launched.window.toolbar.figures
    assert figures["step"].value.text() == "300" and figures["loss"].value.text() == "0.500"
    assert launched.window.cost.values["forward"].text() == "20"


def test_a_run_that_went_back_goes_on_from_there(launched: Launched, client: PretendedClient, qtbot) -> None:
    hear(launched, client, qtbot, progress(0, [1.0] * 50), progress(40, [1.0] * 5))
    assert launched.window.loss.steps() == (1, 46)


def test_a_reset_empties_the_plots(launched: Launched, client: PretendedClient, qtbot) -> None:
    hear(launched, client, qtbot, progress(0, [1.0] * 50))
    launched.desk.link.reset()
    first, end = launched.window.loss.steps()
    assert first == end
    assert launched.window.toolbar.figures["step"].value.text() == "0"
    hear(launched, client, qtbot, progress(0, [1.0] * 3, run=1))
    assert launched.window.loss.steps() == (1, 4)


def test_a_loss_that_is_not_finite_breaks_nothing(launched: Launched, client: PretendedClient, qtbot) -> None:
    hear(launched, client, qtbot, progress(0, [np.nan, np.inf, 0.0, -1.0]))
    assert launched.window.loss.steps() == (1, 5)


def test_a_portrait_draws_the_learnt_trajectory_and_its_price(
    launched: Launched, client: PretendedClient, qtbot
) -> None:
    ys = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    curve = Curve(pack(np.array([0.0, 1.0, 2.0])), pack(ys), 836, 139, 2, "success")
    portrait = Portrait(
        question=1,
        step=0,
        t=0.0,
        extent=(-2.0, 2.0, -2.0, 2.0),
        velocity=pack(np.ones((8, 8, 2), np.float32)),
        learnt=(curve,),
        user=(),
        milliseconds=1.0,
    )
    hear(launched, client, qtbot, portrait)
    (exported,) = launched.window.trajectories()
    assert exported.label == "learnt" and np.array_equal(exported.ys, ys)
    assert launched.window.cost.values["steps"].text() == "139 / 2"


def test_a_formula_flows_as_soon_as_it_is_typed_while_the_inspector_still_solves(
    launched: Launched, client: PretendedClient, qtbot, monkeypatch
) -> None:
    store = launched.desk.store
    store.take(replace(store.experiment, field=FormulaField()))
    still = np.zeros((8, 8, 2), np.float32)
    answer = Portrait(1, 0, 0.0, (-2.0, 2.0, -2.0, 2.0), pack(still), learnt=(), user=(), milliseconds=1.0)
    hear(launched, client, qtbot, answer)
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(launched.window.plane, "set_portrait", lambda velocity, extent: drawn.append(velocity))
    assert store.edit("field.dx", "3 + 0*x")
    assert len(drawn) == 1 and (drawn[0][..., 0] == 3.0).all()


def test_a_sweep_shows_its_points_and_what_the_solver_as_set_costs(
    launched: Launched, client: PretendedClient, qtbot
) -> None:
    asked = launched.desk.link.inspection
    points = tuple(SweepPoint(10.0**-k, 10.0**-k, 50 * k, float(k), "success") for k in range(1, 6))
    launched.desk.link.inspector.state = "ready"
    qtbot.waitUntil(lambda: asked.sweep.under_way is not None)
    hear(
        launched,
        client,
        qtbot,
        SweepExtended(question=asked.sweep.under_way, step=0, axis="rtol", points=points, current=points[2], done=True),
    )
    assert launched.window.cost.values["error"].text() == "0.00100"
    assert launched.window.tradeoff.sentence == ""


def test_the_loss_has_the_terms_of_its_task_at_once_and_the_floor_when_nothing_is_dragged(
    launched: Launched, client: PretendedClient, qtbot, monkeypatch
) -> None:
    asked: list[float] = []

    def floor(task: MatchDensity, dataset) -> float:
        asked.append(dataset.noise)
        return 1.25

    monkeypatch.setattr(MatchDensity, "floor", floor)
    store, plot = launched.desk.store, launched.window.loss
    launched.desk.alternatives.choose("task", MatchDensity)
    launched.desk.alternatives.choose("dataset", Moons)
    assert store.experiment.task.loss_label in plot.toolTip() and "floor" not in plot.toolTip()
    assert plot.plot.getAxis("left").labelText == "loss, nats"
    for noise in (0.11, 0.12, 0.13):
        store.edit("dataset.noise", noise, gesture="drag")
    assert asked == []
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [0.13] and "floor" in plot.toolTip()
