"""How a number is written for a person, and read back: three significant digits, 1×10⁻⁵ for the very small."""

from __future__ import annotations

import math

import numpy as np

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
NOTHING = "–"


def figure(value: float | None, *, smallest: float = 1e-3, digits: int = 3) -> str:
    """`value` to so many significant digits; below `smallest` or from a million on as a×10ⁿ; a dash for NaN or None."""
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if not smallest <= abs(value) < 999_500:
        return powers_of_ten(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return _minus(f"{value:.{decimals}f}")


def setting_text(value: float, *, logarithmic: bool) -> str:
    """`value` as an editable field shows it: to four digits, no zeros at the end; on a log scale 1×10⁻³ below 0.01."""
    smallest = 9.9e-3 if logarithmic else 1e-3
    if value == 0 or smallest <= abs(value) < 1e6:
        return _minus(np.format_float_positional(float(f"{value:.4g}"), trim="-"))
    return powers_of_ten(value)


def powers_of_ten(value: float, digits: int = 3) -> str:
    """`value` as a×10ⁿ with at most so many significant digits in a."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return _minus(mantissa) + "×10" + str(int(exponent)).translate(SUPERSCRIPTS)


def count(number: float | None) -> str:
    """A whole number with thin spaces between thousands; a dash for NaN or None."""
    if number is None or math.isnan(number):
        return NOTHING
    return _minus(f"{round(number):,}".replace(",", "\u2009"))


def duration(seconds: float) -> str:
    """How long ago or how long, in words short enough for a status bar."""
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h"


def parse(text: str) -> float:
    """The number in `text`, written as 1e-5, 1×10⁻⁵, 10^-5 or 0,00001. Raises `ValueError` with an example."""
    plain = text.translate(PLAIN_DIGITS).replace("\u2009", "").replace(" ", "").replace(",", ".").replace("^", "")
    for times in ("×10", "x10", "*10"):
        plain = plain.replace(times, "e")
    superscripts = any(letter in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻^" for letter in text)
    if superscripts and plain.startswith("10") and "e" not in plain:
        plain = "1e" + plain[2:]
    try:
        value = float(plain)
    except ValueError as error:
        raise ValueError(f"Expected a number such as 1e-5, got {text!r}.") from error
    if not math.isfinite(value):
        raise ValueError(f"Expected a finite number such as 1e-5, got {text!r}.")
    return value


def _minus(text: str) -> str:
    return text.replace("-", "−")
