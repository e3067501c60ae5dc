"""diffrax, jitted as a whole: the solve, its gradient and the optimiser's step are one program."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import RATE, Case
from benchmarks.contestants.contestant import Contestant, Entry
from nodeviz.analysis.bare_cost import Evaluations

STAGES = {"dopri5": 6, "rk4": 4}


class Diffrax(Contestant):
    """Its defaults: one step size for all, an integral controller, recursive checkpoints."""

    name = "diffrax, jitted"
    packages = ("jax", "diffrax", "optax")

    def declines(self, case: Case) -> str:
        _ask_for_one_thread()
        import jax

        kinds = {device.platform for device in jax.devices()}
        wanted = "gpu" if case.y0.is_cuda else "cpu"
        return "" if wanted in kinds else f"jax has no {wanted} here, only {', '.join(kinds)}"

    def enter(self, case: Case) -> Entry:
        return DiffraxEntry(case)


class DiffraxEntry(Entry):
    """All arrays are made once; a step hands the weights to the program and keeps those that it returns."""

    def __init__(self, case: Case) -> None:
        import jax
        import jax.numpy as jnp
        import optax

        place = jax.devices("gpu" if case.y0.is_cuda else "cpu")[0]

        def array(tensor: Any) -> Any:
            return jax.device_put(tensor.detach().cpu().numpy(), place)

        self._jax = jax
        self._loss = case.loss
        self._stages = STAGES[case.accuracy.method]
        data, y0 = [array(tensor) for tensor in case.data], array(case.y0)
        weights = ([array(w) for w in case.field.parameters()], [array(w) for w in case.head_weights])
        solve = _solve_in_jax(case, y0)
        rules = {"adam": optax.adam(RATE), "rmsprop": optax.rmsprop(RATE, decay=0.99, eps=1e-8), None: None}
        rule = rules[case.optimiser]

        def loss(weights: Any) -> Any:
            field, head = weights
            return case.loss(jnp, solve(field).ys, head, data) if case.loss else 0.0

        def train(weights: Any, memory: Any) -> Any:
            gradient = jax.grad(loss)(weights)
            if rule is None:
                return weights, memory, gradient
            updates, memory = rule.update(gradient, memory, weights)
            return optax.apply_updates(weights, updates), memory, None

        self._state = (weights, rule.init(weights) if rule is not None else ())
        self._solve, self._gradient, self._train = jax.jit(solve), jax.jit(jax.grad(loss)), jax.jit(train)

    def step(self) -> None:
        if self._loss is None:
            self._jax.block_until_ready(self._solve(self._state[0][0]).ys)
            return
        *state, gradient = self._train(*self._state)
        self._state = tuple(state)
        self._jax.block_until_ready((state, gradient))

    def answer(self) -> NDArray[np.float64]:
        weights = self._state[0]
        if self._loss is None:
            return np.asarray(self._solve(weights[0]).ys, np.float64).ravel()
        field, head = self._gradient(weights)
        return np.concatenate([np.asarray(part, np.float64).ravel() for part in (*field, *head)])

    def evaluations(self) -> Evaluations:
        """From its count of steps. Backwards it runs each step at least once more, which is what is counted."""
        made = self._stages * int(self._solve(self._state[0][0]).stats["num_steps"])
        return Evaluations(made + 2, made if self._loss is not None else 0)


def _ask_for_one_thread() -> None:
    """As torch has. Only heard before jax is imported, which nobody else does."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("NPROC", "1")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def _solve_in_jax(case: Case, y0: Any) -> Any:
    """weights -> diffrax's Solution."""
    import diffrax
    import jax.numpy as jnp

    from benchmarks.contestants.fields_in_jax import in_jax

    method, rtol, atol, dt = case.accuracy
    field, ts = in_jax(case.field), jnp.asarray(case.ts.numpy(), y0.dtype)
    fixed = dt is not None
    controller = diffrax.ConstantStepSize() if fixed else diffrax.PIDController(rtol=rtol, atol=atol)
    solver = _rk4() if method == "rk4" else diffrax.Dopri5()
    term, save = diffrax.ODETerm(field), diffrax.SaveAt(ts=ts)

    def solve(weights: Any) -> Any:
        return diffrax.diffeqsolve(
            term, solver, ts[0], ts[-1], dt, y0, args=weights, saveat=save, stepsize_controller=controller
        )

    return solve


def _rk4() -> Any:
    """The classic method, which diffrax leaves to its users."""
    import diffrax

    class RK4(diffrax.AbstractERK):
        tableau: ClassVar[diffrax.ButcherTableau] = diffrax.ButcherTableau(
            a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
            b_sol=np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6]),
            b_error=np.zeros(4),  # it estimates none
            c=np.array([0.5, 0.5, 1.0]),
        )
        interpolation_cls: ClassVar[Any] = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

        def order(self, terms: Any) -> int:
            return 4

    return RK4()
