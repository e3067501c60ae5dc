"""How powers of ten are marked along an axis whose data are logarithms."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from nodeviz.ui.figures import SUPERSCRIPTS

PIXELS_A_LABEL = {"left": 26.0, "bottom": 44.0}
ROUNDING = 1e-9
PLAIN = range(-2, 4)  # exponents that are written out: 0.01 to 1000


class LogAxis(pg.AxisItem):
    """Labels at decades, at every second or third when they are many, at 1, 2 and 5 when there is hardly one."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        low, high = sorted((minVal, maxVal))
        if not np.isfinite([low, high]).all() or high <= low:
            return []
        room = max(2.0, size / PIXELS_A_LABEL.get(self.orientation, 40.0))
        decades = np.arange(np.ceil(low), np.floor(high) + 1)
        if len(decades) >= 2 and 3 * (high - low) > room:
            stride = max(1, int(np.ceil((high - low) / room)))
            return [(float(stride), [float(decade) for decade in decades if decade % stride == 0])]
        within = [
            decade + np.log10(share) for decade in range(int(np.floor(low)), int(high) + 1) for share in (1, 2, 5)
        ]
        found = [float(value) for value in within if low <= value <= high]
        return (
            [(1.0, found)] if len(found) >= 2 else [(1.0, [float(value) for value in np.linspace(low, high, 3)[1:2]])]
        )

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        plain = all(np.floor(value + ROUNDING) in PLAIN for value in values)
        return [power_of_ten(value, plain) for value in values]


class EitherAxis(LogAxis):
    """Logarithmic, or plain when it is told to be."""

    logarithmic = True

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if self.logarithmic:
            return super().tickValues(minVal, maxVal, size)
        plain: list[tuple[float, list[float]]] = pg.AxisItem.tickValues(self, minVal, maxVal, size)
        return plain

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return super().tickStrings(values, scale, spacing)
        return plain_ticks(pg.AxisItem.tickStrings(self, values, scale, spacing))


def plain_ticks(texts: list[str]) -> list[str]:
    """Tick labels with a true minus sign."""
    return [text.replace("-", "\u2212") for text in texts]


def power_of_ten(logarithm: float, plain: bool = False) -> str:
    """10 to the power `logarithm` as a short label: 10⁻⁵, 2×10⁻⁵; written out when `plain`: 0.02."""
    exponent = int(np.floor(logarithm + ROUNDING))
    share = float(f"{10 ** (logarithm - exponent):.2g}")
    if plain:
        return np.format_float_positional(float(f"{10**logarithm:.2g}"), trim="-")
    power = "10" + str(exponent).translate(SUPERSCRIPTS)
    return power if share == 1 else f"{share:g}×{power}"
