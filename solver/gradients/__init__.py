"""Every way to differentiate a solve that solve() knows by name, listed once."""

from solver.gradients.backsolve import Backsolve
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.direct import Direct
from solver.gradients.problem import Gradient
from solver.gradients.reversible import Reversible

GRADIENTS: tuple[Gradient, ...] = (Checkpointed(), Direct(), Backsolve(), Reversible())
