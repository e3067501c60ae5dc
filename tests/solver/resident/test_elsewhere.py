"""Attempts and pullbacks keep to one device, read nothing there and bring nothing: so they can be CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from solver import CONTROLLERS, METHODS, PIDController, RungeKutta
from solver.controllers import FIXED, PI, Controller
from solver.field import AutogradField, DifferentiableField, FlatField
from solver.gradients.replayed_adjoint import Kind, Pull, PullTensors
from solver.plan import Plan
from solver.resident.attempt import Attempt, AttemptTensors, Rules, Start
from solver.resident.field import evaluator
from solver.resident.first_size import Beginning, first_size
from solver.resident.measure import DeviceMeasure
from solver.resident.sizes import size_rule
from solver.resident.stages import EvaluatedStages, StageTensors
from solver.tolerance import Tolerance
from tests.elsewhere import ELSEWHERE, staying_there
from tests.problems import Perceptron
from tests.solver.resident.ways import Promised

EXPLICIT = [method for method in METHODS if isinstance(method, RungeKutta)]
KINDS = [Kind(False, False, False), Kind(True, True, True), Kind(True, False, False)]
MEASURES = [
    DeviceMeasure(1e-5, 1e-5),
    DeviceMeasure(1e-5, 1e-5, 7, strict=True),
    DeviceMeasure(1e-5, 0.0, largest=True),
]


def own_field() -> DifferentiableField:
    return Promised(ELSEWHERE)


def any_module() -> DifferentiableField:
    module = Perceptron().to(ELSEWHERE)
    return AutogradField(module, tuple(module.parameters()), torch.zeros(0, dtype=torch.float64, device=ELSEWHERE))


@pytest.fixture(params=[own_field, any_module])
def field(request: pytest.FixtureRequest) -> FlatField:
    make: Callable[[], DifferentiableField] = request.param
    return FlatField(make(), torch.Size((7, 2)))


def attempt(method: RungeKutta, controller: Controller, measure: DeviceMeasure, field: FlatField) -> Attempt:
    plan = Plan(method, controller, Tolerance(1e-5, 1e-5), 0.1, 100, min_step=1e-6 if controller.adaptive else 0.0)
    rules = Rules(method.tableau, size_rule(plan), measure)
    y, one = (torch.zeros(n, dtype=torch.float64, device=ELSEWHERE) for n in (14, 1))
    start = Start(one, one, torch.cat((one, one)), one, y, y, rules.sizes.new_memory(one))
    evaluate = evaluator(field)
    assert evaluate is not None
    tensors = AttemptTensors(method.tableau, start, 3, keeps_stages=True)
    stages = EvaluatedStages(method.tableau, evaluate, StageTensors(tensors.y, tensors.slopes))
    return Attempt(rules, stages, tensors)


def assert_stays(work: Callable[[], object]) -> None:
    work()  # the first time also makes the coefficients
    with staying_there():
        work()


@pytest.mark.parametrize("method", EXPLICIT, ids=lambda method: method.name)
def test_an_attempt_stays_where_it_is(method: RungeKutta, field: FlatField) -> None:
    with torch.no_grad():
        assert_stays(attempt(method, PI if method.adaptive else FIXED, MEASURES[0], field))


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda each: each.name)
@pytest.mark.parametrize("measure", MEASURES, ids=["rms", "sample", "max"])
def test_so_does_one_with_any_controller_and_norm(controller: PIDController, measure: DeviceMeasure) -> None:
    dopri5 = next(method for method in EXPLICIT if method.name == "dopri5")
    with torch.no_grad():
        assert_stays(attempt(dopri5, controller, measure, FlatField(own_field(), torch.Size((7, 2)))))


@pytest.mark.parametrize("method", EXPLICIT, ids=lambda method: method.name)
def test_a_pullback_stays_where_it_is(method: RungeKutta) -> None:
    # that of any module once reads coefficients, which hold nothing here
    field = FlatField(own_field(), torch.Size((7, 2)))
    y = torch.zeros(14, dtype=torch.float64, device=ELSEWHERE)
    for kind in KINDS:
        tensors = PullTensors(kind, len(method.tableau.all_c), field.parameters(), y)
        with torch.no_grad():
            assert_stays(Pull(method, field, kind, tensors))


def test_the_first_size_is_chosen_there(field: FlatField) -> None:
    y, one = (torch.zeros(n, dtype=torch.float64, device=ELSEWHERE) for n in (14, 1))
    evaluate = evaluator(field)
    assert evaluate is not None
    plan = Plan(EXPLICIT[-1], PI, Tolerance(1e-5, 1e-5), None, 10)
    with torch.no_grad():
        assert_stays(lambda: first_size(Beginning(one, one, y, y), evaluate, MEASURES[0], plan))


def test_what_reads_or_mixes_fails_there() -> None:
    there = torch.zeros(3, device=ELSEWHERE)
    with pytest.raises(RuntimeError):
        bool(there.sum())
    with pytest.raises(RuntimeError):
        there + torch.zeros(3)
    with staying_there(), pytest.raises(AssertionError, match="from one device to another"):
        torch.zeros(3).to(ELSEWHERE)
