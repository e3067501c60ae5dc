"""The inspector's session by hand: what is answered, in which order, with which weights."""

from collections import deque

import numpy as np
import pytest
import torch

from nodeviz.datasets import Moons
from nodeviz.engine.inspector import SOLVED_ALONE
from nodeviz.engine.inspector_session import InspectorSession
from nodeviz.engine.messages import (
    AskPortrait,
    AskStudy,
    AskSweep,
    AskTrajectories,
    Configure,
    Configured,
    Portrait,
    Reset,
    SetWeights,
    StudyExtended,
    SweepExtended,
    TrajectoriesSolved,
)
from nodeviz.engine.packed import pack, unpack
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.fields import MLPField
from nodeviz.fields.formula import FormulaField, Parameter
from nodeviz.settings import edited
from nodeviz.tasks import Classify

torch.set_num_threads(1)

EXTENT = (-2.0, 2.0, -1.0, 1.0)


class Driver:
    """A session with what a worker gives it: commands that come in the middle of a solve."""

    def __init__(self, experiment):
        self.session = InspectorSession()
        self.said = []
        self.meanwhile = deque()
        self.looks = 0
        self.session.attend = self.attend
        self.tell(Configure(experiment, run=1, revision=1))

    def attend(self):
        self.looks += 1
        if self.meanwhile:
            self.tell(self.meanwhile.popleft())
            self.said += self.session.urgent()

    def tell(self, command):
        self.said += self.session.handle(command)

    def tick(self):
        events = self.session.tick()
        self.said += events
        return events

    def run_down(self):
        while self.session.busy:
            self.tick()

    def heard(self, kind):
        return [event for event in self.said if isinstance(event, kind)]


@pytest.fixture
def experiment():
    return edited(Experiment(), "dataset.points", 200)


@pytest.fixture
def driver(experiment):
    return Driver(experiment)


@pytest.fixture
def theta(experiment):
    return experiment.field.initial_parameters(7)


def formula(experiment, dx, dy):
    return edited(experiment, "field", FormulaField(dx=dx, dy=dy, parameters=()))


def test_a_portrait_shows_the_velocity_at_x_i_and_y_j(driver, experiment):
    driver.tell(AskPortrait(5, EXTENT, 0.0, ((1.0, 0.5),), 16, run=1))
    (portrait,) = driver.tick()
    assert (portrait.question, portrait.step, portrait.extent) == (5, 0, EXTENT)
    velocity = unpack(portrait.velocity)
    xs, ys = np.linspace(-2, 2, 16), np.linspace(-1, 1, 16)
    theta = experiment.field.initial_parameters(0)
    for i, j in ((0, 0), (3, 11), (15, 2)):
        expected = experiment.field.velocity(theta, 0.0, np.array([[xs[i], ys[j]]]))[0]
        assert velocity[i, j] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert velocity.dtype == np.float32 and portrait.milliseconds > 0


def test_curves_start_where_asked_and_follow_the_exact_solution(experiment):
    driver = Driver(formula(experiment, "y", "-x"))
    driver.tell(AskTrajectories(1, ((1.0, 0.0), (0.0, 2.0)), run=1))
    (solved,) = driver.tick()
    first, second = solved.curves
    ts = unpack(first.ts)
    assert len(ts) == 200 and first.status == "success" and first.nfe > 0 and first.accepted > 0
    assert np.abs(unpack(first.ys) - np.stack([np.cos(ts), -np.sin(ts)], 1)).max() < 5e-3
    assert np.abs(unpack(second.ys) - 2 * np.stack([np.sin(ts), np.cos(ts)], 1)).max() < 1e-2


def test_one_start_more_changes_no_other_curve(driver):
    driver.tell(AskTrajectories(1, ((1.0, 0.0),), run=1))
    driver.tell(AskTrajectories(1, ((1.0, 0.0),), run=1))
    (alone,) = driver.tick()
    driver.tell(AskTrajectories(2, ((1.0, 0.0), (0.3, 0.3)), run=1))
    (both,) = driver.tick()
    assert both.curves[0] == alone.curves[0]


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_many_starts_give_many_curves_in_their_order(experiment, method):
    driver = Driver(edited(formula(experiment, "-x", "-y"), "solver.method", method))
    starts = tuple((float(i), 1.0) for i in range(SOLVED_ALONE + 3))
    driver.tell(AskTrajectories(1, starts, run=1))
    (solved,) = driver.tick()
    assert [tuple(unpack(curve.ys)[0].tolist()) for curve in solved.curves] == list(starts)
    assert all(np.abs(unpack(curve.ys)[-1]).max() < 1e-2 for curve in solved.curves)


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_a_start_that_blows_up_is_cut_short_and_spoils_no_other(experiment, method):
    driver = Driver(edited(formula(experiment, "x**2", "0*y"), "solver.method", method))
    driver.tell(AskTrajectories(1, ((1.0, 0.0), (-1.0, 0.0)), run=1))
    (solved,) = driver.tick()
    lost, fine = solved.curves
    assert lost.status != "success" and lost.sentence
    assert 0 < len(unpack(lost.ts)) < 200 and np.isfinite(unpack(lost.ys)).all()
    assert fine.status == "success" and len(unpack(fine.ts)) == 200


def test_the_newest_weights_are_shown(driver, theta):
    driver.tell(SetWeights(40, pack(theta), run=1, revision=1))
    driver.tell(AskPortrait(1, EXTENT, 0.0, run=1))
    (portrait,) = driver.tick()
    assert portrait.step == 40
    before = Driver(Experiment())
    before.tell(AskPortrait(1, EXTENT, 0.0, run=1))
    assert before.tick()[0].velocity != portrait.velocity


def test_weights_of_an_older_field_or_run_are_dropped(driver, experiment, theta):
    driver.tell(SetWeights(40, pack(theta), run=1, revision=1))
    driver.tell(Configure(edited(experiment, "field.width", 20), run=1, revision=2))
    driver.tell(Configure(experiment, run=1, revision=3))
    driver.tell(SetWeights(41, pack(theta), run=1, revision=1))
    driver.tell(SetWeights(42, pack(theta), run=0, revision=9))
    driver.tell(AskPortrait(1, EXTENT, 0.0, run=1))
    assert driver.tick()[0].step == 0
    driver.tell(SetWeights(2, pack(theta), run=1, revision=3))
    driver.tell(AskPortrait(2, EXTENT, 0.0, run=1))
    assert driver.tick()[0].step == 2


def test_a_session_in_the_place_of_a_lost_one_takes_weights_from_before_the_last_edit(experiment, theta):
    session = InspectorSession()
    session.handle(Configure(experiment, run=4, revision=9))
    session.handle(SetWeights(40, pack(theta), run=4, revision=3))
    session.handle(AskPortrait(1, EXTENT, 0.0, run=4))
    assert session.tick()[0].step == 40


def test_a_parameter_slider_moves_the_picture_and_older_weights_do_not_move_it_back(experiment):
    def swirl(a):
        field = FormulaField(dx="a*y", dy="-b*x", parameters=(Parameter("a", a), Parameter("b", 1.0)))
        return edited(experiment, "field", field)

    def speed_at_top():
        driver.tell(AskPortrait(1, EXTENT, 0.0, ((0.0, 1.0),), run=1))
        return unpack(driver.tick()[0].velocity)[0, -1, 0]

    driver = Driver(swirl(1.0))
    driver.tell(SetWeights(40, pack(np.array([1.5, 1.25], np.float32)), run=1, revision=1))
    assert speed_at_top() == 1.5
    driver.tell(Configure(swirl(3.0), run=1, revision=2))
    assert speed_at_top() == 3.0
    driver.tell(SetWeights(41, pack(np.array([1.6, 1.25], np.float32)), run=1, revision=1))
    assert speed_at_top() == 3.0
    driver.tell(SetWeights(42, pack(np.array([3.1, 1.25], np.float32)), run=1, revision=2))
    assert speed_at_top() == np.float32(3.1)


def test_a_solver_edit_keeps_the_weights(driver, experiment, theta):
    driver.tell(SetWeights(40, pack(theta), run=1, revision=1))
    driver.tell(Configure(edited(experiment, "solver.method", "rk4"), run=1, revision=2))
    assert driver.heard(Configured)[-1].kept
    driver.tell(SetWeights(41, pack(theta), run=1, revision=1))
    driver.tell(AskPortrait(1, EXTENT, 0.0, run=1))
    (portrait,) = driver.tick()
    assert portrait.step == 41 and portrait.revision == 2


def test_reset_shows_the_initial_weights_again(driver, theta):
    driver.tell(SetWeights(40, pack(theta), run=1, revision=1))
    driver.tell(Reset(run=2))
    driver.tell(AskPortrait(1, EXTENT, 0.0, run=2))
    (portrait,) = driver.tick()
    assert portrait.step == 0 and portrait.run == 2


def test_trajectories_come_before_the_portrait_and_both_before_the_sweep(driver):
    driver.tell(AskSweep(1, run=1))
    driver.tell(AskPortrait(2, EXTENT, 0.0, run=1))
    driver.tell(AskTrajectories(3, ((1.0, 0.0),), run=1))
    kinds = [type(driver.tick()[0]) for _ in range(3)]
    assert kinds == [TrajectoriesSolved, Portrait, SweepExtended]


def test_of_questions_of_one_kind_only_the_newest_is_answered(driver):
    for question in range(1, 5):
        driver.tell(AskPortrait(question, EXTENT, 0.0, run=1))
        driver.tell(AskTrajectories(question, ((1.0, 0.0),), run=1))
    driver.run_down()
    assert [portrait.question for portrait in driver.heard(Portrait)] == [4]
    assert [solved.question for solved in driver.heard(TrajectoriesSolved)] == [4]


def test_trajectories_are_answered_in_the_middle_of_a_portrait(driver):
    driver.meanwhile.append(AskTrajectories(9, ((0.5, 0.5),), run=1))
    driver.tell(AskPortrait(2, EXTENT, 0.0, run=1))
    driver.tick()
    assert [type(event) for event in driver.said[1:]] == [TrajectoriesSolved, Portrait]


def test_an_answer_in_the_middle_of_another_solve_changes_neither(driver):
    driver.tell(AskPortrait(1, EXTENT, 0.0, ((1.0, 0.0),), run=1))
    driver.tell(AskTrajectories(2, ((0.5, 0.5),), run=1))
    driver.run_down()
    (calm,), (alone,) = driver.heard(Portrait), driver.heard(TrajectoriesSolved)
    driver.said.clear()
    driver.meanwhile.extend([AskTrajectories(3, ((0.5, 0.5),), run=1)] * 5)
    driver.tell(AskPortrait(4, EXTENT, 0.0, ((1.0, 0.0),), run=1))
    driver.run_down()
    (portrait,) = driver.heard(Portrait)
    assert portrait.learnt == calm.learnt and portrait.user == calm.user
    assert all(solved.curves == alone.curves for solved in driver.heard(TrajectoriesSolved))


def test_a_portrait_begun_is_of_the_experiment_it_began_with(driver, experiment):
    driver.meanwhile.append(Configure(edited(experiment, "field.width", 20), run=1, revision=2))
    driver.tell(AskPortrait(1, EXTENT, 0.0, run=1))
    driver.run_down()
    assert driver.heard(Portrait)[0].revision == 1
    assert driver.heard(Configured)[-1].revision == 2


def test_a_sweep_grows_point_by_point_to_smaller_errors_at_a_higher_cost(driver):
    driver.tell(AskSweep(1, run=1))
    driver.run_down()
    sweeps = driver.heard(SweepExtended)
    assert [len(sweep.points) for sweep in sweeps] == list(range(len(sweeps)))
    assert [sweep.done for sweep in sweeps] == [False] * (len(sweeps) - 1) + [True]
    last = sweeps[-1]
    assert last.axis == "rtol" and last.current is not None and last.current.setting == 1e-5
    points = [point for point in last.points if 1e-6 <= point.setting <= 1e-2]
    assert all(a.setting > b.setting for a, b in zip(points, points[1:], strict=False))
    assert all(a.nfe <= b.nfe for a, b in zip(points, points[1:], strict=False))
    assert points[-1].error < 0.05 * points[0].error and points[-1].nfe > 1.5 * points[0].nfe
    assert all(point.milliseconds > 0 for point in points)


def test_a_fixed_step_method_is_swept_over_step_sizes_and_shows_its_order(experiment):
    driver = Driver(edited(formula(experiment, "y", "-x"), "solver.method", "heun"))
    driver.tell(AskSweep(1, run=1))
    driver.run_down()
    last = driver.heard(SweepExtended)[-1]
    assert last.axis == "dt" and all(point.status == "success" for point in last.points)
    errors = np.array([point.error for point in last.points[2:6]])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2.0, abs=0.4)


def test_questions_are_answered_in_the_middle_of_a_sweep_which_then_goes_on(driver):
    driver.tell(AskSweep(1, run=1))
    driver.meanwhile += [AskPortrait(2, EXTENT, 0.0, run=1), AskTrajectories(3, ((0.5, 0.5),), run=1)]
    driver.tick()
    kinds = [type(event) for event in driver.said[1:]]
    assert kinds[-1] is SweepExtended and set(kinds) == {Portrait, TrajectoriesSolved, SweepExtended}
    driver.run_down()
    assert driver.said[-1].done


@pytest.mark.parametrize("path", ["solver.method", "field.activation"])
def test_an_edit_starts_the_sweep_again_and_it_is_still_answered(driver, experiment, path):
    driver.tell(AskSweep(1, run=1))
    driver.tick()
    value = {"solver.method": "bosh3", "field.activation": "silu"}[path]
    driver.meanwhile.append(Configure(edited(experiment, path, value), run=1, revision=2))
    assert driver.tick() == []
    driver.run_down()
    assert driver.said[-1].done and driver.said[-1].revision == 2


def test_a_view_or_learning_rate_edit_leaves_the_sweep_alone(driver, experiment):
    driver.tell(AskSweep(1, run=1))
    for _ in range(3):
        driver.tick()
    driver.tell(Configure(edited(experiment, "training.learning_rate", 0.5), run=1, revision=2))
    (sweep,) = driver.tick()
    assert len(sweep.points) == 3


def test_a_newer_sweep_replaces_the_one_that_runs(driver):
    driver.tell(AskSweep(1, run=1))
    driver.tick()
    driver.tell(AskSweep(2, run=1))
    driver.run_down()
    assert [sweep.question for sweep in driver.heard(SweepExtended)[1:]].count(1) == 0
    assert driver.said[-1].question == 2 and driver.said[-1].done


def test_a_sweep_without_a_reference_ends_with_a_sentence(experiment):
    driver = Driver(formula(experiment, "x**2", "0*y"))
    driver.tell(AskSweep(1, run=1))
    driver.run_down()
    assert driver.said[-1].done and driver.said[-1].points == () and driver.said[-1].sentence


def test_a_sweep_that_raises_is_not_tried_for_ever(driver, monkeypatch):
    monkeypatch.setattr("nodeviz.engine.inspector_session.sweep", lambda *_, **__: iter(()))
    driver.tell(AskSweep(1, run=1))
    with pytest.raises(StopIteration):
        driver.session.tick()
    assert not driver.session.busy


def test_long_solves_look_up_often(driver):
    driver.tell(AskSweep(1, run=1))
    driver.run_down()
    evaluations = sum(point.nfe for point in driver.heard(SweepExtended)[-1].points)
    assert driver.looks >= evaluations / 100


def test_asking_without_an_experiment_is_refused_with_a_sentence():
    session = InspectorSession()
    session.handle(AskTrajectories(1, ((0.0, 0.0),), run=1))
    with pytest.raises(ValueError, match="There is no experiment"):
        session.tick()
    assert not session.busy


@pytest.fixture
def classifying():
    field = MLPField(width=4, cubed=False)
    return Experiment(
        task=Classify(), dataset=Moons(points=60), field=field, solver=SolverSettings(rtol=1e-3, atol=1e-3)
    )


def test_what_is_looked_at_as_a_resnet_says_how_many_layers_it_has(classifying):
    driver = Driver(classifying)
    for question, layers in ((1, 0), (2, 1)):
        driver.tell(AskPortrait(question, EXTENT, 0.0, (), 8, layers, run=1))
        driver.run_down()
    ode, resnet = driver.heard(Portrait)
    assert not np.array_equal(unpack(ode.surface.values), unpack(resnet.surface.values))
    np.testing.assert_array_equal(unpack(resnet.cloud.ts), [0.0, 1.0])


def test_a_portrait_is_of_one_experiment_also_when_another_task_is_set_in_its_middle(experiment, classifying):
    driver = Driver(edited(experiment, "solver.rtol", 1e-9))
    driver.tell(AskPortrait(1, EXTENT, 0.0, ((0.5, 0.5),), 8, run=1))
    driver.meanwhile.append(Configure(classifying, run=1, revision=2))
    driver.run_down()
    (portrait,) = driver.heard(Portrait)
    assert not driver.meanwhile and portrait.revision == 1
    assert portrait.surface is None and portrait.figures == ()
    assert len(unpack(portrait.learnt[0].ts)) == len(unpack(portrait.user[0].ts)) == 200


def test_a_surface_has_as_many_points_as_care_is_taken_and_the_velocities_as_are_asked_for(classifying):
    driver = Driver(classifying)
    for question, care in enumerate(("quick", "usual", "fine")):
        driver.tell(AskPortrait(question, EXTENT, 0.0, (), 16, care=care, run=1))
        driver.run_down()
    shapes = [(unpack(each.surface.values).shape, unpack(each.velocity).shape) for each in driver.heard(Portrait)]
    assert shapes == [((side, side), (16, 16, 2)) for side in (10, 16, 24)]


def test_layers_have_the_trajectories_that_eulers_method_has(classifying):
    driver = Driver(classifying)
    driver.tell(AskPortrait(1, EXTENT, 0.0, ((0.5, 0.5),), 8, 2, run=1))
    driver.tell(AskTrajectories(2, ((0.5, 0.5), (0.0, 1.0)), 2, run=1))
    driver.run_down()
    (portrait,) = driver.heard(Portrait)
    (solved,) = driver.heard(TrajectoriesSolved)
    assert len(portrait.learnt_layers) == len(portrait.learnt) == 8
    (user,) = portrait.user_layers
    assert user == solved.layers[0] and len(solved.layers) == 2
    field, theta = classifying.field, classifying.of_field(classifying.initial_parameters())
    state = np.array([[0.5, 0.5]], np.float32)
    states = [state]
    for k in range(2):
        state = state + 0.5 * field.velocity(theta, 0.5 * k, state)
        states.append(state)
    np.testing.assert_array_equal(unpack(user.ts), [0.0, 0.5, 1.0])
    np.testing.assert_allclose(unpack(user.ys), np.concatenate(states), rtol=1e-5)
    assert user.nfe == 2


def test_without_layers_there_are_no_layered_trajectories_and_no_figures_of_them(classifying):
    driver = Driver(classifying)
    driver.tell(AskPortrait(1, EXTENT, 0.0, ((0.5, 0.5),), 8, run=1))
    driver.run_down()
    driver.tell(AskPortrait(2, EXTENT, 0.0, (), 8, 1, run=1))
    driver.run_down()
    ode, net = driver.heard(Portrait)
    assert ode.learnt_layers == ode.user_layers == ()
    assert not any("ODE" in figure.label for figure in ode.figures)
    labels = [figure.label for figure in net.figures]
    assert labels == ["1 layer: accuracy", "1 layer: loss", "ODE: accuracy", "ODE: loss"]


def test_a_study_marks_the_number_of_layers_that_it_was_asked_for_with(classifying):
    driver = Driver(classifying)
    driver.tell(AskStudy(1, "depth", 4, run=1))
    driver.run_down()
    *before, last = driver.heard(StudyExtended)
    assert len(before) == 9
    assert last.report.done
    assert last.report.chart.mark == 4.0
