"""The declared networks as the solver's native kernel takes them: plain numbers that say where in θ each layer is."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nodeviz.fields import conditioning as declared
from nodeviz.fields.conditioning import Conditioning
from nodeviz.fields.layout import size_of
from solver.native.description import (
    ACTIVATIONS,
    Affine,
    Cosines,
    Hypernetwork,
    Network,
    concatsquash_layers,
    dense_layers,
)

if TYPE_CHECKING:
    from nodeviz.fields.gradient import GradientField
    from nodeviz.fields.linear import LinearField
    from nodeviz.fields.mlp import MLPField


@lru_cache(maxsize=256)
def perceptron_network(field: MLPField, trace: float) -> Network | None:
    """None where time enters in a way that the kernel does not know."""
    described = _described(field.conditioning)
    if described is None or field.activation not in ACTIVATIONS:
        return None
    return Network(described.layers, field.activation, field.cubed, trace, making=described.making)


class Described(NamedTuple):
    """Layers, and what makes those of them that are made from time."""

    layers: tuple[Affine, ...]
    making: Cosines | Hypernetwork | None = None


def _described(conditioning: Conditioning) -> Described | None:
    match conditioning:
        case declared.Still(sizes):
            return Described(dense_layers(sizes))
        case declared.Concat(sizes):
            return Described(dense_layers(sizes, time_input=True))
        case declared.ConcatSquash(sizes):
            return Described(concatsquash_layers(sizes))
        case declared.DepthVarying():
            return _varying(conditioning)
        case declared.Hypernetwork():
            return _made_by_a_network(conditioning)
    return None


def _varying(conditioning: declared.DepthVarying) -> Described:
    pieces = tuple(size for outputs, inputs in conditioning.shapes for size in (outputs * inputs, outputs))
    making = Cosines(pieces, conditioning.terms, conditioning.span)
    return Described(tuple(layer.shifted(making.known) for layer in dense_layers(conditioning.sizes)), making)


def _made_by_a_network(conditioning: declared.Hypernetwork) -> Described:
    """The small network's layers come first in θ, then those that stand still; the first and the last one are made."""
    dim, width, *_ = conditioning.sizes
    block, units = conditioning.block, conditioning.units
    small = dense_layers((1, units, units, 3 * block + width))
    still = dense_layers(conditioning.sizes[1:-1])
    begin, known = size_of(conditioning.layout()[:6]), size_of(conditioning.layout())
    first, last = Affine(dim, width, known, known + 2 * block), Affine(width, dim, known + block)
    layers = (first, *(layer.shifted(begin) for layer in still), last)
    return Described(layers, Hypernetwork(small, width, dim, known))


@lru_cache(maxsize=256)
def potential_network(field: GradientField, trace: float) -> Network:
    """Downhill on a potential, whose last layer has no bias."""
    *hidden, last = dense_layers(field.sizes)
    return Network((*hidden, replace(last, bias=None)), field.activation, trace=trace, gradient=-1.0)


@lru_cache(maxsize=256)
def linear_network(field: LinearField, trace: float) -> Network:
    """One layer, and nothing that bends."""
    return Network(dense_layers((field.dim, field.dim)), ACTIVATIONS[0], trace=trace)
