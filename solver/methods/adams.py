"""Adams methods of an order of your choice, with weights that are computed exactly.

    solve(field, y0, ts, method=adams_bashforth_moulton(6), dt=0.01)

Higher is not better without end: the stable step shrinks with the order. On y' = -λy, λ dt may be at most

    order                  2      3      4      5      6      8      10      12
    Adams-Bashforth        1   0.55   0.30   0.16  0.088  0.024  0.0066  0.0017
    with Moulton, PECE     2   1.73   1.28   0.95   0.70   0.38    0.21    0.124

and beyond it errors grow without bound, where classic Runge-Kutta is stable up to 2.8. That is why the default is 4
and why solve() knows no order above 5 by name. The starting steps are of order 8 at most, their error of order 9.
"""

from solver.adams_weights import adams_weights
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.methods.bosh3 import BOSH3
from solver.methods.dop853 import DOP853
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.methods.midpoint import MIDPOINT
from solver.methods.rk4 import RK4
from solver.methods.verner76 import VERNER76

DEFAULT_ORDER = 4
HIGHEST_ORDER = 12
STARTERS = (EULER, MIDPOINT, BOSH3, RK4, DOPRI5, VERNER76, VERNER76, DOP853)
"""What starts the methods of orders 1, 2, …; the last one also those of higher order."""


def adams_bashforth(order: int = DEFAULT_ORDER) -> AdamsBashforth:
    """The explicit Adams method of that order, 1 to 12: one evaluation a step.

    Orders above 5 need tiny steps to be stable; see the table above. Raises `ValueError` for any other order.
    """
    _check(order)
    return AdamsBashforth(
        name=f"ab{order}",
        label=f"Adams-Bashforth {order}",
        sentence=f"One evaluation a step from {order} past slopes: order {order}.{_warning(order)}",
        weights=adams_weights(order, newest=0),
        starter=STARTERS[min(order, len(STARTERS)) - 1],
    )


def adams_bashforth_moulton(order: int = DEFAULT_ORDER) -> AdamsBashforthMoulton:
    """The Adams method of that order, 1 to 12, that predicts and corrects (PECE): two evaluations a step.

    Stable for longer steps than the explicit one, and for shorter ones the higher the order; see the table above.
    Raises `ValueError` for any other order.
    """
    return AdamsBashforthMoulton(
        name=f"abm{order}",
        label=f"Adams-Bashforth-Moulton {order}",
        sentence=f"Predicts and corrects: order {order}, two evaluations a step.{_warning(order)}",
        predictor=adams_bashforth(order),
        weights=adams_weights(order, newest=1),
    )


def _check(order: int) -> None:
    if order not in range(1, HIGHEST_ORDER + 1):
        raise ValueError(
            f"Adams methods here have orders 1 to {HIGHEST_ORDER}; got {order}. "
            f"Take {DEFAULT_ORDER}, unless steps are so short that a higher order is stable."
        )


def _warning(order: int) -> str:
    return " Unstable unless steps are very short." if order > 5 else ""
