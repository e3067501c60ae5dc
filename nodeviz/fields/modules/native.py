"""The declared networks as the solver's native kernel takes them: plain numbers that say where in θ each layer is."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from nodeviz.fields.conditioning import Concat, ConcatSquash, Still
from solver.native.description import ACTIVATIONS, Affine, Network, concatsquash_layers, dense_layers

if TYPE_CHECKING:
    from nodeviz.fields.gradient import GradientField
    from nodeviz.fields.linear import LinearField
    from nodeviz.fields.mlp import MLPField


@lru_cache(maxsize=256)
def perceptron_network(field: MLPField, trace: float) -> Network | None:
    """None where time enters in a way that the kernel does not know."""
    layers = _layers(field)
    if layers is None or field.activation not in ACTIVATIONS:
        return None
    return Network(layers, field.activation, field.cubed, trace)


def _layers(field: MLPField) -> tuple[Affine, ...] | None:
    match field.conditioning:
        case Still(sizes):
            return dense_layers(sizes)
        case Concat(sizes):
            return dense_layers(sizes, time_input=True)
        case ConcatSquash(sizes):
            return concatsquash_layers(sizes)
    return None


@lru_cache(maxsize=256)
def potential_network(field: GradientField, trace: float) -> Network:
    """Downhill on a potential, whose last layer has no bias."""
    *hidden, last = dense_layers(field.sizes)
    return Network((*hidden, replace(last, bias=None)), field.activation, trace=trace, gradient=-1.0)


@lru_cache(maxsize=256)
def linear_network(field: LinearField, trace: float) -> Network:
    """One layer, and nothing that bends."""
    return Network(dense_layers((field.dim, field.dim)), ACTIVATIONS[0], trace=trace)
