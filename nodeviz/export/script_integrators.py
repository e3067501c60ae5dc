"""The source of an integrator in torch alone, with the coefficients of the method that is set."""

from __future__ import annotations

from nodeviz.experiment import SolverSettings
from solver.method import RungeKutta
from solver.methods.dopri5 import DOPRI5
from solver.methods.rk4 import RK4
from solver.tableau import Row

_TABLEAU = """\
# {label}: y1 = y + dt sum(B k), k_i = f(t + C_i dt, y + dt sum(A_i k)).{instead}
A = (
{a}
)
B = {b}
C = {c}
"""

_STEP = '''

def step(f, t, y, dt):
    """One step from (t, y): the state at t + dt, and the stages."""
    stages = []
    for row, c in zip(A, C):
        stages.append(f(t + c * dt, y + dt * sum((a * k for a, k in zip(row, stages)), torch.zeros_like(y))))
    return y + dt * sum(b * k for b, k in zip(B, stages)), stages
'''

_FIXED = '''
DT = {dt!r}


def solve(f, y0, ts):
    """The states (len(ts), *y0.shape) at the times ts, by equal steps of at most DT."""
    y, states = y0, [y0]
    for t0, t1 in zip(ts.tolist(), ts.tolist()[1:]):
        count = max(1, math.ceil(abs(t1 - t0) / DT - 1e-9))
        for i in range(count):
            y, _ = step(f, t0 + i * (t1 - t0) / count, y, (t1 - t0) / count)
        states.append(y)
    return torch.stack(states)
'''

_ADAPTIVE = '''
# The step less one of order {error_order}.
E = {e}
RTOL, ATOL, MAX_STEPS = {rtol!r}, {atol!r}, {max_steps}


def solve(f, y0, ts):
    """The states (len(ts), *y0.shape) at the times ts, with steps that meet RTOL and ATOL and end at each of ts."""
    y, states, taken = y0, [y0], 0
    # the first guess of a step: a time that is asked for twice gives none
    dt = next((gap for gap in ts.diff().tolist() if gap), 0.0)
    for t, t1 in zip(ts.tolist(), ts.tolist()[1:]):
        while t != t1:
            last = abs(dt) >= abs(t1 - t)
            tried = t1 - t if last else dt
            y1, stages = step(f, t, y, tried)
            ratio = error_ratio(y, y1, tried * sum(e * k for e, k in zip(E, stages)))
            factor = min(10.0, max(0.2, 0.9 * ratio ** (-1 / {exponent}))) if ratio > 0 else 10.0
            if ratio <= 1:
                t, y = (t1 if last else t + tried), y1
                # a step cut short by an output time says nothing against the longer one
                dt = max(dt, tried * factor, key=abs) if last else tried * factor
            else:
                dt = tried * (factor if math.isfinite(ratio) else 0.2)
            taken += 1
            if taken == MAX_STEPS * len(ts) or t + dt == t:
                raise RuntimeError(f"the solve stopped at t = {{t}}: the steps become too small or too many")
        states.append(y)
    return torch.stack(states)


def error_ratio(y0, y1, error):
    """The error's root mean square in units of the tolerance; a step is accepted up to 1. Of no points it is none."""
    if not error.numel():
        return 0.0
    ratio = (error / (ATOL + RTOL * torch.maximum(y0.abs(), y1.abs()))).pow(2).mean().sqrt().item()
    return ratio if math.isfinite(ratio) else math.inf
'''


def integrator_source(solver: SolverSettings) -> str:
    """Source of `solve(f, y0, ts)`: the method as set where it is an explicit Runge-Kutta one, else one like it."""
    chosen = solver.scheme
    method = chosen if isinstance(chosen, RungeKutta) else RK4 if solver.steps_are_fixed else DOPRI5
    instead = "" if method is chosen else f"\n# It stands in for {chosen.label}, which takes more than coefficients."
    source = _tableau_source(method, instead) + _STEP
    if solver.steps_are_fixed:
        return source + _FIXED.format(dt=solver.dt)
    estimate = method.tableau.estimates[0]
    return source + _ADAPTIVE.format(
        e=_row(estimate.weights),
        error_order=estimate.order,
        exponent=estimate.order + 1,
        rtol=solver.rtol,
        atol=solver.atol,
        max_steps=solver.max_steps,
    )


def _tableau_source(method: RungeKutta, instead: str) -> str:
    tableau = method.tableau
    return _TABLEAU.format(
        label=method.label,
        instead=instead,
        a="\n".join(f"    {_row(row)}," for row in tableau.a),
        b=_row(tableau.b),
        c=_row(tableau.c),
    )


def _row(row: Row) -> str:
    return repr(tuple(float(value) for value in row))
