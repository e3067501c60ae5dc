"""How the size of a relative error is told by one number: solve() knows these norms by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Norm = Callable[[Tensor], Tensor | float]
"""The errors of all entries in units of what is allowed, in the shape of y0 -> their size, a scalar: 1 is allowed."""


@dataclass(frozen=True)
class NamedNorm:
    """A norm that solve() knows by name."""

    name: str
    sentence: str
    of: Norm

    def __call__(self, errors: Tensor) -> Tensor | float:
        return self.of(errors)


def rms(errors: Tensor) -> Tensor:
    """The root of the mean square of all entries."""
    return errors.abs().square().mean().sqrt()


def largest(errors: Tensor) -> Tensor:
    """The entry that is worst off."""
    return errors.abs().max()


def worst_sample(errors: Tensor) -> Tensor:
    """The RMS of the sample (first axis) that is worst off."""
    samples = errors.reshape(1, -1) if errors.dim() < 2 else errors.flatten(1)
    return samples.abs().square().mean(1).sqrt().max()


RMS = NamedNorm("rms", "The root mean square over all entries: what most samples need decides.", rms)
MAX = NamedNorm("max", "The largest entry: every entry keeps the tolerance by itself.", largest)
SAMPLE = NamedNorm("sample", "The largest RMS of a sample: every one keeps the tolerance by itself.", worst_sample)

NORMS: tuple[NamedNorm, ...] = (RMS, MAX, SAMPLE)
