"""The trapezoidal rule. Source: Hairer, Wanner, Solving Ordinary Differential Equations II, IV.3, (3.10)."""

from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau

TRAPEZOIDAL = ImplicitRungeKutta(
    name="trapezoidal",
    label="Trapezoidal rule",
    sentence="The mean of the slopes at both ends: order 2, stable, but very stiff parts ring instead of decaying.",
    tableau=ButcherTableau(order=2, c=(0.0, 1.0), a=((), (1 / 2, 1 / 2)), b=(1 / 2, 1 / 2), dense_order=2),
)
