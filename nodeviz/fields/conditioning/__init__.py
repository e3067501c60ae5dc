"""The ways in which time may enter a perceptron, listed once: their parameters, numpy form and source."""

from nodeviz.fields.conditioning.concat import Concat
from nodeviz.fields.conditioning.concatsquash import ConcatSquash
from nodeviz.fields.conditioning.conditioning import Affine, Conditioning, Start
from nodeviz.fields.conditioning.depth import DepthVarying
from nodeviz.fields.conditioning.hypernetwork import Hypernetwork
from nodeviz.fields.conditioning.still import Still

__all__ = ["Affine", "Concat", "ConcatSquash", "Conditioning", "DepthVarying", "Hypernetwork", "Start", "Still"]
