"""What a vector field is: a callable (t, y) -> dy, and, where it can, its own derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, Protocol, TypeGuard, runtime_checkable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

Field = Callable[[Tensor, Tensor], Tensor]
"""f(t, y) -> dy, with t a tensor of no dimensions and dy of y's shape, dtype and device."""


class Gradients(NamedTuple):
    """Cotangents of what a field was evaluated at; None stands for zero. `parameters` in the order of parameters()."""

    t: Tensor | None
    y: Tensor | None
    parameters: tuple[Tensor | None, ...]


Pullback = Callable[[Tensor], Gradients]
"""The cotangent of dy -> the cotangents of t, y and the parameters: a vector-Jacobian product."""


class Linearisation(NamedTuple):
    """A field's value somewhere, and how cotangents are pulled back through it."""

    dy: Tensor
    pullback: Pullback


@runtime_checkable
class DifferentiableField(Protocol):
    """A field that evaluates and differentiates itself without building an autograd graph: the fast path.

    Neither method may change `y`, nor keep it longer than the pullback. What they return must not be written to by a
    later call: the pullbacks of many evaluations are held at once.
    """

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        """dy, with no graph."""
        ...

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        """dy and its pullback, which is called at most once."""
        ...

    def parameters(self) -> Iterable[Tensor]:
        """What `Gradients.parameters` are the cotangents of."""
        ...


class RowLinearisation(NamedTuple):
    """Jacobians (rows, dim, dim), [r, i, j] = ∂f_i/∂y_j in row r, and the pullback to the parameters alone."""

    jacobians: Tensor
    pull_parameters: Callable[[Tensor], Sequence[Tensor | None]]


@runtime_checkable
class RowwiseField(Protocol):
    """A field that treats every row (last axis) of y by itself, and many rows at once, each at its own time."""

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """The field at times t (rows, 1) and states y (rows, dim). Its pullback takes cotangents (rows, dim)."""
        ...


def differentiates_itself(field: object) -> TypeGuard[DifferentiableField]:
    """Whether the field is a DifferentiableField. Asked of each class once: protocols are slow to check."""
    kind = type(field)
    if kind not in _differentiable:
        _differentiable[kind] = issubclass(kind, DifferentiableField)
    return _differentiable[kind]


def takes_many_rows(field: object) -> TypeGuard[RowwiseField]:
    """Whether the field is a RowwiseField."""
    kind = type(field)
    if kind not in _rowwise:
        _rowwise[kind] = issubclass(kind, RowwiseField)
    return _rowwise[kind]


_differentiable: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
_rowwise: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


class AutogradField:
    """Any callable or `nn.Module` as a DifferentiableField, by way of torch.autograd."""

    def __init__(self, function: Field, parameters: Sequence[Tensor], like: Tensor) -> None:
        self._function = function
        self._parameters = tuple(parameters)
        self._dtype, self._device = like.dtype, like.device

    def evaluate(self, t: float | Tensor, y: Tensor) -> Tensor:
        """dy. Whether it has a graph is up to the caller's grad mode."""
        if not isinstance(t, Tensor):
            t = torch.scalar_tensor(t, dtype=self._dtype, device=self._device)
        return self._function(t, y)

    def linearise(self, t: float | Tensor, y: Tensor) -> tuple[Tensor, Pullback]:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            dy = self.evaluate(t, y)

        def pullback(cotangent: Tensor) -> Gradients:
            if not dy.requires_grad:
                return Gradients(None, None, (None,) * len(self._parameters))
            grad_y, *rest = torch.autograd.grad(paired(dy, cotangent), (y, *self._parameters), allow_unused=True)
            return Gradients(None, grad_y, tuple(rest))

        return dy.detach(), pullback

    def parameters(self) -> Sequence[Tensor]:
        return self._parameters

    @property
    def function(self) -> Field:
        """The callable itself."""
        return self._function

    def of_state_alone(self) -> AutogradField:
        """The same field without parameters: its pullbacks then stop at the state."""
        return AutogradField(self._function, (), torch.empty(0, dtype=self._dtype, device=self._device))


def of_state_alone(field: DifferentiableField) -> DifferentiableField:
    """The field in a form whose pullbacks need not reach the parameters, where it has one; else itself."""
    return field.of_state_alone() if isinstance(field, AutogradField) else field


class RowwiseAutogradField(AutogradField):
    """As AutogradField, for a callable that treats every row by itself and also takes t of shape (rows, 1)."""

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            dy = self._function(t, y)

        def pull_parameters(cotangent: Tensor) -> Sequence[Tensor | None]:
            if not (self._parameters and dy.requires_grad):
                return (None,) * len(self._parameters)
            return torch.autograd.grad(paired(dy, cotangent), self._parameters, allow_unused=True)

        return RowLinearisation(self._jacobians(dy, y), pull_parameters)

    def _jacobians(self, dy: Tensor, y: Tensor) -> Tensor:
        if not dy.requires_grad:
            return torch.zeros(*y.shape, y.shape[-1], dtype=y.dtype, device=y.device)
        with torch.enable_grad():
            totals = [entry.sum() for entry in dy.unbind(-1)]
        found = [torch.autograd.grad(total, y, retain_graph=True, materialize_grads=True)[0] for total in totals]
        return torch.stack(found, -2)


def paired(dy: Tensor, cotangent: Tensor) -> Tensor:
    """Their product, a number, whose gradient is the cotangent of dy pulled back.

    torch.autograd.grad would also take the cotangent as it is. But then it checks its shape, and imports sympy for
    that: some tenths of a second and 30 MB at the first gradient of all.
    """
    with torch.enable_grad():
        return torch.dot(dy.reshape(-1), cotangent.reshape(-1))


def changes_of(y: Tensor) -> int:
    """How often y was changed in place, as far as torch counts: not in inference mode."""
    return 0 if y.is_inference() else y._version


def check_unchanged(y: Tensor, before: int, who: str = "The field") -> None:
    """Raise `ValueError` when a function that was evaluated at y has changed it."""
    if changes_of(y) != before:
        raise ValueError(
            f"{who} must leave y as it is, which the solver goes on with; it changed y in place. "
            "Let it return a new tensor: -y or y.mul(-1), not y.mul_(-1); or let it begin with y = y.clone()."
        )


class FlatField:
    """A DifferentiableField as the steppers see it: flat states in, flat slopes out, every evaluation counted."""

    def __init__(self, field: DifferentiableField, shape: torch.Size) -> None:
        self.evaluations = 0
        self.jacobians = 0
        self._field = field
        self._shape = shape
        self._evaluate = field.evaluate
        self._linearise = field.linearise

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        self.evaluations += 1
        return self._evaluate(t, y.view(self._shape)).reshape(-1)

    @property
    def inner(self) -> DifferentiableField:
        """The field itself, whose evaluations are not counted here."""
        return self._field

    @property
    def shape(self) -> torch.Size:
        """The shape of the states that the field takes."""
        return self._shape

    def evaluate_checked(self, t: float, y: Tensor) -> Tensor:
        """As `evaluate`. Raises `ValueError` when what it returns is not like the state, or when it changes that."""
        self.evaluations += 1
        state = y.view(self._shape)
        before = changes_of(state)
        try:
            dy = self._evaluate(t, state)
        except RuntimeError:
            if state.requires_grad:  # autograd refuses changes of a leaf in words of its own
                with torch.no_grad():
                    FlatField.evaluate_checked(self, t, y.detach().clone())
            raise
        check_unchanged(state, before)
        return _checked(dy, state).reshape(-1)

    def linearise(self, t: float, y: Tensor) -> Linearisation:
        """The field at (t, y). Its pullback takes flat cotangents; their `y` comes back flat."""
        self.evaluations += 1
        dy, pullback = self._linearise(t, y.view(self._shape))
        return Linearisation(dy.reshape(-1), partial(_pull_flat, pullback, self._shape))

    def linearise_checked(self, t: float, y: Tensor) -> Linearisation:
        """As `linearise`. Raises `ValueError` when what it returns is not like the state, or when it changes that."""
        self.evaluations += 1
        state = y.view(self._shape)
        before = changes_of(state)
        dy, pullback = self._linearise(t, state)
        check_unchanged(state, before)
        return Linearisation(_checked(dy, state).reshape(-1), partial(_pull_flat, pullback, self._shape))

    def parameters(self) -> tuple[Tensor, ...]:
        return tuple(self._field.parameters())


def _pull_flat(pullback: Pullback, shape: torch.Size, cotangent: Tensor) -> Gradients:
    gradients = pullback(cotangent.view(shape))
    grad_y = gradients.y
    return gradients if grad_y is None else gradients._replace(y=grad_y.reshape(-1))


def _checked(dy: object, state: Tensor) -> Tensor:
    """dy, if it is like the state. Raises `ValueError` where it is not."""
    if not isinstance(dy, Tensor):
        raise ValueError(f"The field must return a tensor dy; it returned {type(dy).__name__}.")
    if (dy.shape, dy.dtype, dy.device) != (state.shape, state.dtype, state.device):
        raise ValueError(
            "The field must return dy like y, "
            f"of shape {tuple(state.shape)}, {state.dtype}, on {state.device}; "
            f"it returned shape {tuple(dy.shape)}, {dy.dtype}, on {dy.device}."
        )
    return dy
