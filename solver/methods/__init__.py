"""Every method that solve() knows by name, listed once, from coarse to fine."""

from solver.method import Method
from solver.methods.ab2 import AB2
from solver.methods.ab3 import AB3
from solver.methods.ab4 import AB4
from solver.methods.ab5 import AB5
from solver.methods.abm2 import ABM2
from solver.methods.abm3 import ABM3
from solver.methods.abm4 import ABM4
from solver.methods.abm5 import ABM5
from solver.methods.alf import ALF
from solver.methods.bosh3 import BOSH3
from solver.methods.dop853 import DOP853
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.methods.fehlberg2 import FEHLBERG2
from solver.methods.heun import HEUN
from solver.methods.heun3 import HEUN3
from solver.methods.heun_euler import HEUN_EULER
from solver.methods.implicit_euler import IMPLICIT_EULER
from solver.methods.kvaerno3 import KVAERNO3
from solver.methods.kvaerno5 import KVAERNO5
from solver.methods.leapfrog import LEAPFROG
from solver.methods.midpoint import MIDPOINT
from solver.methods.radau5 import RADAU5
from solver.methods.ralston import RALSTON
from solver.methods.ralston3 import RALSTON3
from solver.methods.rk4 import RK4
from solver.methods.rk4_38 import RK4_38
from solver.methods.ssprk3 import SSPRK3
from solver.methods.symplectic_euler import SYMPLECTIC_EULER
from solver.methods.trapezoidal import TRAPEZOIDAL
from solver.methods.tsit5 import TSIT5
from solver.methods.verner76 import VERNER76
from solver.methods.yoshida4 import YOSHIDA4

METHODS: tuple[Method, ...] = (
    EULER,
    MIDPOINT,
    HEUN,
    RALSTON,
    HEUN3,
    RALSTON3,
    SSPRK3,
    RK4,
    RK4_38,
    AB2,
    AB3,
    AB4,
    AB5,
    ABM2,
    ABM3,
    ABM4,
    ABM5,
    SYMPLECTIC_EULER,
    LEAPFROG,
    YOSHIDA4,
    ALF,
    HEUN_EULER,
    FEHLBERG2,
    BOSH3,
    DOPRI5,
    TSIT5,
    VERNER76,
    DOP853,
    IMPLICIT_EULER,
    TRAPEZOIDAL,
    KVAERNO3,
    KVAERNO5,
    RADAU5,
)
