"""The names a formula knows: variables, constants, and functions with how many arguments each takes."""

import math
from typing import NamedTuple

VARIABLES = ("x", "y", "t")
CONSTANTS = {"pi": math.pi, "e": math.e}


class Function(NamedTuple):
    """A function of the language: its name, the fewest and most arguments it takes, and one sentence."""

    name: str
    fewest: int
    most: int
    sentence: str

    @property
    def takes(self) -> str:
        """How many values, in words."""
        if self.fewest != self.most:
            return f"{self.fewest} to {self.most} values"
        return f"{self.most} value{'s' if self.most > 1 else ''}"


_ALL = (
    Function("sin", 1, 1, "Sine, of radians."),
    Function("cos", 1, 1, "Cosine, of radians."),
    Function("tan", 1, 1, "Tangent, of radians."),
    Function("asin", 1, 1, "The angle whose sine it is."),
    Function("acos", 1, 1, "The angle whose cosine it is."),
    Function("atan", 1, 1, "The angle whose tangent it is."),
    Function("atan2", 2, 2, "atan2(y, x): the angle of the point (x, y)."),
    Function("sinh", 1, 1, "Hyperbolic sine."),
    Function("cosh", 1, 1, "Hyperbolic cosine."),
    Function("tanh", 1, 1, "Hyperbolic tangent."),
    Function("exp", 1, 1, "e to the power."),
    Function("log", 1, 1, "Natural logarithm."),
    Function("log10", 1, 1, "Logarithm to base 10."),
    Function("sqrt", 1, 1, "Square root."),
    Function("abs", 1, 1, "Absolute value."),
    Function("sign", 1, 1, "-1, 0 or 1."),
    Function("floor", 1, 1, "The whole number below."),
    Function("ceil", 1, 1, "The whole number above."),
    Function("min", 2, 8, "The least of its arguments."),
    Function("max", 2, 8, "The greatest of its arguments."),
    Function("pow", 2, 2, "pow(a, b): a to the power b."),
    Function("mod", 2, 2, "mod(a, b): what is left of a after whole multiples of b, with the sign of b."),
    Function("hypot", 2, 2, "hypot(x, y): the distance of (x, y) from the origin."),
    Function("clip", 3, 3, "clip(a, low, high): a, kept between low and high."),
    Function("heaviside", 1, 1, "1 from zero up, 0 below."),
    Function("sigmoid", 1, 1, "1 / (1 + exp(-a)): a smooth step."),
    Function("softplus", 1, 1, "log(1 + exp(a)): a smooth ramp."),
)
FUNCTIONS = {function.name: function for function in _ALL}

OTHER_SPELLINGS = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "fabs": "abs",
    "sgn": "sign",
    "clamp": "clip",
    "minimum": "min",
    "maximum": "max",
    "power": "pow",
    "step": "heaviside",
    "norm": "hypot",
}
"""What people type, and what it is called here."""
