"""What solve() may be told by name, or by an object of the right kind: method, controller, gradient mode and norm."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol, TypeGuard, TypeVar, get_args, runtime_checkable

from solver.controllers import CONTROLLERS, FIXED, PI, Controller
from solver.gradients import GRADIENTS
from solver.gradients.problem import Gradient
from solver.method import Method
from solver.methods import METHODS
from solver.norms import NORMS, Norm


@runtime_checkable
class Named(Protocol):
    """What a name stands for."""

    @property
    def name(self) -> str: ...


Choice = TypeVar("Choice", bound=Named)


def chosen_method(choice: str | Method) -> Method:
    """The method of that name, or the method itself."""
    return choice if _is_method(choice) else _called(choice, METHODS, "method")


def chosen_controller(choice: str | Controller | None, method: Method) -> Controller:
    """The controller of that name, or the controller itself; by default the one that suits the method."""
    if choice is None or choice == "auto":
        return PI if method.adaptive else FIXED
    return choice if _is_controller(choice) else _called(choice, CONTROLLERS, "controller")


def chosen_gradient(choice: str | Gradient) -> Gradient:
    """The way to differentiate of that name, or the way itself."""
    return choice if _is_gradient(choice) else _called(choice, GRADIENTS, "gradient")


def chosen_norm(choice: str | Norm) -> Norm:
    """The norm of that name, or the function itself."""
    return choice if callable(choice) else _called(choice, NORMS, "norm")


def _called(name: object, known: Sequence[Choice], argument: str) -> Choice:
    """The object of that name. Raises `ValueError` with the closest name, or with what came in place of a name."""
    names = [each.name for each in known]
    if not isinstance(name, str):
        raise ValueError(
            f"{argument} must be one of the names {', '.join(names)}, or an object of their kind; got {_shown(name)}."
            + _belongs(name, argument)
        )
    if name in names:
        return known[names.index(name)]
    close = get_close_matches(name.lower(), names, n=1) or get_close_matches(name.upper(), names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"There is no {argument} called {name!r}; there are {', '.join(names)}.{hint}")


def _shown(what: object) -> str:
    if isinstance(what, type):
        return f"the class {what.__name__}"
    return f"the {type(what).__name__} {what.name!r}" if isinstance(what, Named) else repr(what)


def _belongs(what: object, argument: str) -> str:
    """Where to pass an object that is of another argument's kind, or a class in place of an object."""
    if isinstance(what, type):
        return f" Make one: {what.__name__}(...)."
    fits = [("method", _is_method(what)), ("controller", _is_controller(what)), ("gradient", _is_gradient(what))]
    return "".join(f" Pass it as {other}=." for other, fit in fits if fit and other != argument)


def _is_method(what: object) -> TypeGuard[Method]:
    return isinstance(what, get_args(Method))


def _is_controller(what: object) -> TypeGuard[Controller]:
    return not isinstance(what, str | type) and isinstance(what, Controller)  # asking a protocol takes 20 µs


def _is_gradient(what: object) -> TypeGuard[Gradient]:
    return not isinstance(what, str | type) and isinstance(what, Gradient)
