"""How time makes a perceptron's layers, in torch: one file for each of `nodeviz.fields.conditioning`."""

from __future__ import annotations

from typing import Any

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.concat import ConcatLayers
from nodeviz.fields.modules.conditioning.concatsquash import ConcatSquashLayers
from nodeviz.fields.modules.conditioning.depth import DepthVaryingLayers
from nodeviz.fields.modules.conditioning.hypernetwork import HypernetworkLayers
from nodeviz.fields.modules.conditioning.still import StillLayers
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers

__all__ = ["InTimeAndWeights", "TimedLayers", "timed_layers_of"]


def timed_layers_of(conditioning: declared.Conditioning) -> TimedLayers[Any]:
    """The torch side of what was declared."""
    match conditioning:
        case declared.Still():
            return StillLayers(conditioning)
        case declared.Concat():
            return ConcatLayers(conditioning)
        case declared.ConcatSquash():
            return ConcatSquashLayers(conditioning)
        case declared.Hypernetwork():
            return HypernetworkLayers(conditioning)
        case declared.DepthVarying():
            return DepthVaryingLayers(conditioning)
    raise ValueError(f"{type(conditioning).__name__} has no layers in torch; list them in {__name__}.")
