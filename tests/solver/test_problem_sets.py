"""The problem sets are the published ones: independent solvers reach the published or the exact solutions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tests import detest
from tests.stiff_problems import STIFF_PROBLEMS, StiffProblem

# Enright, Pryce, algorithm 648: the solutions at t = 20 that it is distributed with, where no closed form is known
PUBLISHED = {
    "A5": (-7.887826688964196e-01,),
    "B1": (6.761876008576667e-01, 1.860816099640036e-01),
    "B3": (2.061153488557776e-09, 5.257228022048349e-02, 9.474277177183630e-01),
    "C5": (-4.792730224323733, -2.420550725448973, -9.212509306014886e-01),
    "E2": (2.008149762174948, -4.250887527320057e-02),
    "E3": (-1.004178858647128e-01, 2.411400132095954e-01),
}


def end_of(problem: detest.Problem) -> np.ndarray:
    def slopes(t: float, y: np.ndarray) -> np.ndarray:
        return problem.field(torch.tensor(t, dtype=torch.float64), torch.from_numpy(y)).numpy()

    return solve_ivp(slopes, (detest.T0, detest.T1), problem.start, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]


@pytest.mark.parametrize("problem", detest.PROBLEMS, ids=lambda problem: problem.name)
def test_a_detest_problem_ends_where_it_is_known_to(problem: detest.Problem) -> None:
    known = PUBLISHED[problem.name] if problem.exact is None else problem.exact(detest.T1)
    assert end_of(problem)[: len(known)] == pytest.approx(known, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("problem", [p for p in detest.PROBLEMS if p.exact], ids=lambda problem: problem.name)
def test_an_exact_solution_starts_where_the_problem_does(problem: detest.Problem) -> None:
    assert problem.exact is not None
    assert problem.start == pytest.approx(tuple(problem.exact(detest.T0)), abs=1e-14)


@pytest.mark.parametrize("problem", detest.PROBLEMS, ids=lambda problem: problem.name)
def test_a_detest_field_takes_a_batch_of_states(problem: detest.Problem) -> None:
    t = torch.tensor(1.3, dtype=torch.float64)
    batch = problem.y0 + torch.arange(1.0, 4.0, dtype=torch.float64).unsqueeze(-1) / 7
    assert torch.allclose(problem.field(t, batch), torch.stack([problem.field(t, y) for y in batch]), rtol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("problem", STIFF_PROBLEMS, ids=lambda problem: problem.name)
def test_a_stiff_problem_ends_where_it_is_known_to(problem: StiffProblem) -> None:
    def slopes(t: float, y: np.ndarray) -> np.ndarray:
        return problem.field(torch.tensor(t, dtype=torch.float64), torch.from_numpy(y)).numpy()

    size = np.array(problem.size)
    found = solve_ivp(slopes, (0.0, problem.t1), problem.start, method="Radau", rtol=1e-9, atol=1e-10 * size).y[:, -1]
    assert found / size == pytest.approx(np.array(problem.end) / size, rel=1e-5)
