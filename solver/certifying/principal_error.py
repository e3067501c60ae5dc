"""How large the leading error of a Runge-Kutta step, or of its estimate, is: the norm of its coefficients.

A step of order p errs by dt^(p+1) Σ e(tree) F(tree) + …, over all rooted trees of p + 1 nodes, where F(tree) is an
elementary differential of the field and e(tree) = (Σ_i b_i Φ_i(tree) - 1 / γ(tree)) / σ(tree) the method's own. The
norm of all e is what methods of equal order are compared by. Source: Prince, Dormand, High order embedded Runge-Kutta
formulae, J. Comp. Appl. Math. 7 (1981) 67.
"""

from __future__ import annotations

from collections import Counter
from math import factorial, fsum, hypot, prod

from solver.order_conditions import Rows, Tree, density, elementary_weights
from solver.tableau import ButcherTableau, ErrorEstimate, Row


def step_error(tableau: ButcherTableau) -> float:
    """The norm of the step's error coefficients of the first order that it misses."""
    found = _elementary(tableau.all_a, tableau.b, tableau.order + 1)
    return hypot(*((weight - 1 / density(tree)) / symmetry(tree) for tree, weight in found.items()))


def estimate_error(tableau: ButcherTableau, estimate: ErrorEstimate) -> float:
    """The norm of the estimate's leading coefficients, those of dt^(its order + 1)."""
    found = _elementary(tableau.all_a, estimate.weights, estimate.order + 1)
    return hypot(*(weight / symmetry(tree) for tree, weight in found.items()))


def symmetry(tree: Tree) -> int:
    """σ(tree): in how many ways its branches can be exchanged for equal ones."""
    return prod(factorial(count) * symmetry(branch) ** count for branch, count in Counter(tree).items())


def _elementary(a: Rows, weights: Row, order: int) -> dict[Tree, float]:
    """Σ_i weights_i Φ_i(tree) of every tree of that many nodes."""
    return {
        tree: fsum(w * phi for w, phi in zip(weights, phis, strict=False))
        for tree, phis in elementary_weights(a, order).items()
    }
