"""A perceptron's divergence by hand: the trace of W_n D_n W_(n-1) … D_1 W_0, where D_i are the slopes of its bends.

Tangents from the inputs and cotangents from the outputs meet at one bend in between, where k are its units:
trace = Σ_k slope_k coupling_k. So all products are of two matrices, and with two hidden layers there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from nodeviz.fields.modules.flat import Traced
from nodeviz.fields.modules.layers import Layer
from nodeviz.fields.modules.perceptron import OntoSlopes, Pulled, Tape, pull_back


class TracedTape(NamedTuple):
    """An evaluation, the slopes of its bends, and the divergence (rows,) that comes of them."""

    tape: Tape
    slopes: list[Tensor]
    met: Meeting
    trace: Tensor

    @classmethod
    def of(cls, tape: Tape) -> TracedTape:
        """For layers that all rows share."""
        slopes = [tape.bend.slope(kept) for kept in tape.kept]
        met = meeting(tape.layers, slopes)
        return cls(tape, slopes, met, (slopes[met.bend] * met.coupling).sum(1))

    @property
    def traced(self) -> Traced:
        return Traced(self.tape.dy, self.trace)

    def pull_back(self, in_dy: Tensor, in_trace: Tensor) -> Pulled:
        """From the cotangents of the velocity (rows, dim) and of the divergence (rows,)."""
        slopes, met = self.slopes, self.met
        each = in_trace.unsqueeze(1)
        onto = met.pull_back(each * slopes[met.bend])
        onto.slopes[met.bend] = each * met.coupling
        cotangents = [onto.slopes[i] for i in range(len(slopes))]
        pulled = pull_back(self.tape, in_dy, OntoSlopes(slopes, cotangents))
        for place, weight in onto.weights.items():
            pulled.layers[place].weight.add_(weight)
        return pulled


class OntoMeeting(NamedTuple):
    """Cotangents of the slopes of bends, (rows, width), and of the weights of layers, by their places."""

    slopes: dict[int, Tensor]
    weights: dict[int, Tensor]


class Meeting(Protocol):
    """Where tangents and cotangents meet."""

    @property
    def bend(self) -> int:
        """At which bend, counted from the inputs."""
        ...

    @property
    def coupling(self) -> Tensor:
        """(rows, width), or (width,) where it is the same for every row."""
        ...

    def pull_back(self, in_coupling: Tensor) -> OntoMeeting:
        """From the cotangent (rows, width) of the coupling."""
        ...


def meeting(layers: Sequence[Layer], slopes: Sequence[Tensor]) -> Meeting:
    """The meeting of a perceptron with so many layers."""
    if len(slopes) == 1:
        return AtTheOnlyBend(layers)
    return AtTheSecondOfTwo(layers, slopes) if len(slopes) == 2 else AtTheLastButOne(layers, slopes)


class AtTheOnlyBend:
    """One hidden layer: coupling_k = Σ_j W_0[k, j] W_1[j, k]."""

    bend = 0

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._first, self._last = (layer.weight for layer in layers)
        self.coupling = (self._first * self._last.t()).sum(1)

    def pull_back(self, in_coupling: Tensor) -> OntoMeeting:
        onto = in_coupling.sum(0)
        return OntoMeeting({}, {0: onto.unsqueeze(1) * self._last.t(), 1: onto * self._first.t()})


class AtTheSecondOfTwo:
    """Two hidden layers: coupling = slope_0 (W_1 ∘ (W_0 W_2)ᵀ)ᵀ."""

    bend = 1

    def __init__(self, layers: Sequence[Layer], slopes: Sequence[Tensor]) -> None:
        self._layers, self._slope = layers, slopes[0]
        self._around = torch.mm(layers[0].weight, layers[2].weight).t()
        self._through = layers[1].weight * self._around
        self.coupling = torch.mm(self._slope, self._through.t())

    def pull_back(self, in_coupling: Tensor) -> OntoMeeting:
        first, middle, last = (layer.weight for layer in self._layers)
        in_through = torch.mm(in_coupling.t(), self._slope)
        in_around = (in_through * middle).t()
        weights = {
            0: torch.mm(in_around, last.t()),
            1: in_through * self._around,
            2: torch.mm(first.t(), in_around),
        }
        return OntoMeeting({0: torch.mm(in_coupling, self._through)}, weights)


class AtTheLastButOne:
    """More hidden layers: the cotangents of an output meet the tangents of the input of the same place.

    Both are lists of (rows, width), one for each place: whole matrices are what is fast.
    """

    def __init__(self, layers: Sequence[Layer], slopes: Sequence[Tensor]) -> None:
        self._layers, self._slopes = layers, slopes
        self.bend = len(slopes) - 2
        self._below = Pair(layers[0].transposed, layers[1].transposed)
        self._above = Pair(layers[-1].weight, layers[-2].weight)
        self._tangents = [self._below.through(slopes[0])]
        for layer, slope in zip(layers[2:-2], slopes[1:-2], strict=True):
            self._tangents.append([torch.mm(tangent * slope, layer.transposed) for tangent in self._tangents[-1]])
        self._cotangents = self._above.through(slopes[-1])
        self.coupling = _summed_products(self._tangents[-1], self._cotangents)

    def pull_back(self, in_coupling: Tensor) -> OntoMeeting:
        above = self._above.pull_back(self._slopes[-1], [tangent * in_coupling for tangent in self._tangents[-1]])
        in_tangents = [cotangent * in_coupling for cotangent in self._cotangents]
        top = len(self._slopes)
        onto = OntoMeeting({top - 1: above.slope}, {top: above.outer, top - 1: above.inner})
        for i in range(len(self._tangents) - 1, 0, -1):
            in_tangents = self._pull_middle(i, in_tangents, onto)
        below = self._below.pull_back(self._slopes[0], in_tangents)
        onto.slopes[0], onto.weights[0], onto.weights[1] = below.slope, below.outer.t(), below.inner.t()
        return onto

    def _pull_middle(self, i: int, in_tangents: list[Tensor], onto: OntoMeeting) -> list[Tensor]:
        """Through layer i + 1 and bend i, onto the tangents that went into the bend."""
        slope, weight, tangents = self._slopes[i], self._layers[i + 1].weight, self._tangents[i - 1]
        in_bent = [torch.mm(given, weight) for given in in_tangents]
        onto.slopes[i] = _summed_products(in_bent, tangents)
        products = [torch.mm(given.t(), one * slope) for given, one in zip(in_tangents, tangents, strict=True)]
        onto.weights[i + 1] = torch.stack(products).sum(0)
        return [given * slope for given in in_bent]


class OntoPair(NamedTuple):
    """Cotangents of the slope between two layers, and of both."""

    slope: Tensor
    outer: Tensor
    inner: Tensor


class Pair:
    """Two layers and the bend between them, Σ_l outer[j, l] slope_l inner[l, k]: one product for each j."""

    def __init__(self, outer: Tensor, inner: Tensor) -> None:
        self._outer, self._inner = outer, inner
        self._both = [row.unsqueeze(1) * inner for row in outer]

    def through(self, slope: Tensor) -> list[Tensor]:
        return [torch.mm(slope, both) for both in self._both]

    def pull_back(self, slope: Tensor, in_through: list[Tensor]) -> OntoPair:
        in_slope = torch.mm(in_through[0], self._both[0].t())
        for given, both in zip(in_through[1:], self._both[1:], strict=True):
            in_slope.addmm_(given, both.t())
        in_both = [torch.mm(slope.t(), given) for given in in_through]
        in_outer = torch.stack([(given * self._inner).sum(1) for given in in_both])
        in_inner = _summed_products(in_both, [row.unsqueeze(1) for row in self._outer])
        return OntoPair(in_slope, in_outer, in_inner)


def _summed_products(ones: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    total = ones[0] * others[0]
    for one, other in zip(ones[1:], others[1:], strict=True):
        total.addcmul_(one, other)
    return total
