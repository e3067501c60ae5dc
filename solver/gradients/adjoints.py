"""Which discrete adjoint pulls cotangents back through the steps of which kind of method."""

from __future__ import annotations

from torch import Tensor

from solver.field import AutogradField, FlatField
from solver.gradients.adams_adjoint import AdamsAdjoint
from solver.gradients.cotangents import ParameterSums
from solver.gradients.discrete_adjoint import RungeKuttaAdjoint
from solver.gradients.implicit_adjoint import ImplicitAdjoint
from solver.gradients.leapfrog_adjoint import AsynchronousLeapfrogAdjoint
from solver.gradients.symplectic_adjoint import SymplecticAdjoint
from solver.gradients.taped_adjoint import TapedAdjoint
from solver.method import AsynchronousLeapfrog, ImplicitRungeKutta, Method, RungeKutta, Symplectic

DiscreteAdjoint = (
    RungeKuttaAdjoint | TapedAdjoint | ImplicitAdjoint | AdamsAdjoint | SymplecticAdjoint | AsynchronousLeapfrogAdjoint
)


def make_discrete_adjoint(method: Method, field: FlatField, sums: ParameterSums, like: Tensor) -> DiscreteAdjoint:
    """The discrete adjoint of `method` for flat states like `like`."""
    if isinstance(method, RungeKutta) and isinstance(field.inner, AutogradField):
        return TapedAdjoint(method.tableau, field, sums, like)
    if isinstance(method, RungeKutta):
        return RungeKuttaAdjoint(method.tableau, field, sums, like)
    if isinstance(method, ImplicitRungeKutta):
        return ImplicitAdjoint(method.tableau, field, sums, like)
    if isinstance(method, Symplectic):
        return SymplecticAdjoint(method, field, sums, like)
    if isinstance(method, AsynchronousLeapfrog):
        return AsynchronousLeapfrogAdjoint(field, sums)
    return AdamsAdjoint(method, field, sums, like)
