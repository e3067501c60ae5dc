"""Scale: where a number stands on a slider of a thousand positions, linear or logarithmic, and what is there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nodeviz.settings import Setting

POSITIONS = 1000
TOO_WIDE = 20_000
"""A linear range of more than so many units per position wanted is better typed than dragged."""
STEPS_A_DECADE = 20
STEPS_A_RANGE = 100


@dataclass(frozen=True)
class Scale:
    """Both ways between a value in [low, high] and a position in [0, POSITIONS].

    A logarithmic one may begin at 0, which then stands as far from 1 as 1 from 3.
    """

    low: float
    high: float
    logarithmic: bool
    whole: bool

    @property
    def _shift(self) -> float:
        """What is added before the logarithm is taken."""
        return 1.0 if self.low == 0 else 0.0

    def position(self, value: float) -> int:
        """The position nearest to `value`."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high = self.low + self._shift, self.high + self._shift
            share = math.log((value + self._shift) / low) / math.log(high / low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(share * POSITIONS)

    def value(self, position: int) -> float:
        """A round number near `position`: two digits on a log scale, a hundredth of the range on a linear one."""
        share = min(max(position / POSITIONS, 0.0), 1.0)
        if share in (0.0, 1.0):
            return self._bounded(self.high if share else self.low)
        if self.logarithmic:
            low, high = self.low + self._shift, self.high + self._shift
            value = float(f"{low * (high / low) ** share - self._shift:.1e}")
        else:
            step = 10.0 ** math.floor(math.log10((self.high - self.low) / STEPS_A_RANGE))
            value = float(f"{round((self.low + (self.high - self.low) * share) / step) * step:.12g}")
        return self._bounded(value)

    def stepped(self, value: float, steps: int) -> float:
        """`value` moved by `steps` key presses, always by at least one whole number when whole."""
        if self.logarithmic:
            moved = float(f"{(value + self._shift) * 10 ** (steps / STEPS_A_DECADE * 2) - self._shift:.1e}")
        else:
            step = 10.0 ** math.floor(math.log10((self.high - self.low) / STEPS_A_RANGE))
            moved = float(f"{value + steps * step:.12g}")
        if self.whole and round(moved) == round(value):
            moved = round(value) + (1 if steps > 0 else -1)
        return self._bounded(moved)

    def _bounded(self, value: float) -> float:
        bounded = min(max(value, self.low), self.high)
        return round(bounded) if self.whole else bounded


def scale_of(setting: Setting) -> Scale | None:
    """The scale of a bounded number; None when its range is open or too wide for a slider to be of use."""
    if setting.low is None or setting.high is None:
        return None
    logarithmic = setting.scale == "log"
    if not logarithmic and setting.high - setting.low > TOO_WIDE:
        return None
    return Scale(float(setting.low), float(setting.high), logarithmic, setting.kind == "int")
