"""Where a function changes its sign, inside a bracket, to rounding.

Source: Chandrupatla, Adv. Eng. Softw. 28 (1997) 145: inverse quadratic interpolation where the three last points are
monotone enough for it, bisection elsewhere. Never leaves the bracket, and converges faster than linearly.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

CLOSE = 2.0**-52
SMALLEST = 1e-20
"""A bracket is small enough when it is so many times its larger end, and next to zero when it is so wide."""
MOST_EVALUATIONS = 100


def bracketed_root(function: Callable[[float], float], a: float, at_a: float, b: float, at_b: float) -> float:
    """A root between a and b, where the function has the opposite signs `at_a` and `at_b`, or is zero at b."""
    far, at_far, near, at_near = a, at_a, b, at_b
    fraction = 0.5
    for _ in range(MOST_EVALUATIONS):
        if at_near == 0.0 or abs(near - far) <= 2 * CLOSE * max(abs(near), abs(far)) + SMALLEST:
            break
        new = near + fraction * (far - near)
        at_new = function(new)
        if (at_new > 0.0) == (at_near > 0.0):
            third, at_third = near, at_near
        else:
            third, at_third, far, at_far = far, at_far, near, at_near
        near, at_near = new, at_new
        fraction = _fraction(near, at_near, far, at_far, third, at_third)
    return near if abs(at_near) <= abs(at_far) else far


def _fraction(near: float, at_near: float, far: float, at_far: float, third: float, at_third: float) -> float:
    """How far from `near` towards `far` to look next."""
    if at_third == at_far or at_near == at_far:
        return 0.5
    along = (near - far) / (third - far)
    height = (at_near - at_far) / (at_third - at_far)
    if not 1.0 - sqrt(max(0.0, 1.0 - along)) < height < sqrt(max(0.0, along)):
        return 0.5
    guess = at_near / (at_far - at_near) * at_third / (at_far - at_third)
    guess += (third - near) / (far - near) * at_near / (at_third - at_near) * at_far / (at_third - at_far)
    smallest = CLOSE * max(abs(near), abs(far)) / abs(far - near)
    return min(1.0 - smallest, max(smallest, guess))
