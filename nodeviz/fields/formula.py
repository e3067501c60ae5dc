"""A typed vector field, as declared: two formulas and their named parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.declared import DeclaredField
from nodeviz.fields.formula_language import (
    MAX_LENGTH,
    VARIABLES,
    FormulaError,
    check_parameter_name,
    names_in,
    parse,
    undeclared,
)
from nodeviz.fields.formula_language.compile_numpy import compile_numpy
from nodeviz.fields.layout import Slot
from nodeviz.settings import Settings, described

if TYPE_CHECKING:
    from nodeviz.fields.modules.formula import FormulaModule

MOST_PARAMETERS = 32


class Parameter(Settings, frozen=True):
    """A named number of a formula, with the range of its slider. Raises `ValueError` unless low < high."""

    name: Annotated[str, described("name", "What the formulas call it.", max_length=32)]
    value: Annotated[float, described("value", "Where it stands before training.", low=-1e6, high=1e6)] = 1.0
    low: Annotated[float, described("lowest", "The left end of its slider.", low=-1e6, high=1e6)] = -5.0
    high: Annotated[float, described("highest", "The right end of its slider.", low=-1e6, high=1e6)] = 5.0
    trained: Annotated[bool, described("trained", "Whether training may move it.")] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_parameter_name(self.name)
        if not self.low < self.high:
            raise ValueError(
                f"The slider of {self.name} needs its lowest below its highest; got {self.low} and {self.high}."
            )


class FormulaField(DeclaredField, frozen=True, tag="formula"):
    """dx/dt and dy/dt as typed.

    Raises `FormulaError` when a formula cannot be read or uses a name without a parameter.
    """

    title: ClassVar[str] = "Formula"

    dx: Annotated[str, described("dx/dt", "Velocity along x, in x, y, t and parameters.", max_length=MAX_LENGTH)] = (
        "a*x**3 - b*y**3"
    )
    dy: Annotated[str, described("dy/dt", "Velocity along y, in x, y, t and parameters.", max_length=MAX_LENGTH)] = (
        "b*x**3 + a*y**3"
    )
    parameters: tuple[Parameter, ...] = (Parameter("a", -0.5, -2.0, 2.0), Parameter("b", 1.0, -5.0, 5.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        names = [parameter.name for parameter in self.parameters]
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise ValueError(f"There are two parameters called {twice}; rename one of them.")
        if len(names) > MOST_PARAMETERS:
            raise ValueError(f"A typed field has at most {MOST_PARAMETERS} parameters; got {len(names)}.")
        for label, text in (("dx/dt", self.dx), ("dy/dt", self.dy)):
            _check_formula(label, text, names)

    @property
    def autonomous(self) -> bool:
        """Whether neither formula mentions t."""
        return all(name.name != "t" for text in (self.dx, self.dy) for name in names_in(parse(text)))

    @property
    def held(self) -> tuple[int, ...]:
        """Where the parameters are that training may not move."""
        return tuple(place for place, parameter in enumerate(self.parameters) if not parameter.trained)

    def layout(self) -> tuple[Slot, ...]:
        """One number a parameter, trained or not. The prefix keeps any name clear of a module's own attributes."""
        return tuple(Slot(f"parameter_{parameter.name}", ()) for parameter in self.parameters)

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """The parameters' declared values; nothing is drawn."""
        return np.array([parameter.value for parameter in self.parameters], np.float32)

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2)."""
        numbers = {parameter.name: theta[place] for place, parameter in enumerate(self.parameters)}
        values = {"x": y[..., 0], "y": y[..., 1], "t": t, **numbers}
        dy = np.empty_like(y)
        for along, text in enumerate((self.dx, self.dy)):
            dy[..., along] = compile_numpy(parse(text))(values)
        return dy

    def module(self, theta: NDArray[np.float32]) -> FormulaModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.formula import FormulaModule

        return FormulaModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        from nodeviz.fields.formula_source import formula_source

        return formula_source(self)


def retyped(field: FormulaField, dx: str, dy: str) -> FormulaField:
    """`field` with other formulas: every new name gets a parameter, every name no longer used loses its own.

    Raises `FormulaError` when a formula cannot be read.
    """
    new = undeclared(dx, dy, ())
    kept = tuple(parameter for parameter in field.parameters if parameter.name in new)
    names = [parameter.name for parameter in kept]
    added = tuple(Parameter(name) for name in new if name not in names)
    return msgspec.structs.replace(field, dx=dx, dy=dy, parameters=kept + added)


def _check_formula(label: str, text: str, parameters: list[str]) -> None:
    try:
        tree = parse(text)
    except FormulaError as error:
        raise error.of(label) from error
    for name in names_in(tree):
        if name.name not in (*VARIABLES, *parameters):
            product = "*".join(name.name)
            hint = f", or write {product}" if len(name.name) > 1 and set(name.name) <= set(VARIABLES) else ""
            sentence = f"there is no parameter {name.name!r}; add one{hint}."
            raise FormulaError(name.column, sentence).of(label)
