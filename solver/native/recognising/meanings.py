"""What a tensor can mean while a field is evaluated: the state, the time, a weight, or a network up to somewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class State:
    """y, each entry to this power."""

    power: int = 1


@dataclass(frozen=True)
class Time:
    """Every entry is the time."""


@dataclass(frozen=True)
class Filled:
    """Every entry is this number."""

    number: float


@dataclass(frozen=True)
class OnlyShape:
    """Known for its shape alone: a slice of the state, of which a column of ones is made."""


@dataclass(frozen=True)
class Weight:
    """One of the tensors that the field holds, by its place among them; times a number, perhaps a matrix transposed."""

    place: int
    transposed: bool = False
    factor: float = 1.0

    def times(self, number: float) -> Weight:
        return replace(self, factor=self.factor * number)


@dataclass(frozen=True)
class Moment:
    """t weight + bias, along the last axis, which has so many outputs."""

    outputs: int
    weight: Weight
    bias: Weight | None


@dataclass(frozen=True)
class Gate:
    """The sigmoid of a moment."""

    moment: Moment


@dataclass(frozen=True)
class Layer:
    """As `description.Affine`, of the field's own tensors. `weight` has shape (outputs, columns).

    Its columns are those of the input, and where `time_column` is not None, that one is the time's.
    """

    inputs: int
    outputs: int
    weight: Weight
    bias: Weight | None = None
    time_column: int | None = None
    time: Weight | None = None
    gate: Moment | None = None
    shift: Weight | None = None

    def times(self, number: float) -> Layer:
        """What comes out, multiplied."""
        bias, time, shift = (part and part.times(number) for part in (self.bias, self.time, self.shift))
        return replace(self, weight=self.weight.times(number), bias=bias, time=time, shift=shift)


@dataclass(frozen=True)
class Chain:
    """What comes out of layers on the state to a power, one bent after the other. `bent`: so is the last one."""

    power: int
    layers: tuple[Layer, ...]
    bends: tuple[str, ...] = ()

    @property
    def bent(self) -> bool:
        return len(self.bends) == len(self.layers)


@dataclass(frozen=True)
class Columns:
    """The time beside the state or a chain, along the last axis; first or last."""

    rest: State | Chain
    time_first: bool


Meaning = State | Time | Filled | OnlyShape | Weight | Moment | Gate | Chain | Columns
