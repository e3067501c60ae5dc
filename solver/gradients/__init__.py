"""Every way to differentiate a solve that solve() knows by name, listed once."""

from solver import gradient_modes
from solver.gradients.backsolve import Backsolve
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.direct import Direct
from solver.gradients.forward import Forward
from solver.gradients.gauss import Gauss
from solver.gradients.interpolated import Interpolated
from solver.gradients.problem import Gradient
from solver.gradients.reversible import Reversible

BACKSOLVE_FULL = Backsolve(gradient_modes.BACKSOLVE_FULL.name, gradient_modes.BACKSOLVE_FULL.sentence, full_norm=True)

GRADIENTS: tuple[Gradient, ...] = (
    Checkpointed(),
    Direct(),
    Backsolve(),
    BACKSOLVE_FULL,
    Interpolated(),
    Gauss(),
    Forward(),
    Reversible(),
)
