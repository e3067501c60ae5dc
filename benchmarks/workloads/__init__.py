"""Which workloads there are, in order."""

from benchmarks.case import Workload
from benchmarks.workloads.w1_spiral import SPIRAL
from benchmarks.workloads.w2_flow import FLOW
from benchmarks.workloads.w3_classify import CLASSIFY
from benchmarks.workloads.w4_portraits import PORTRAITS
from benchmarks.workloads.w5_rk4 import RK4
from benchmarks.workloads.w6_gradient import GRADIENT

WORKLOADS: tuple[Workload, ...] = (SPIRAL, FLOW, CLASSIFY, PORTRAITS, RK4, GRADIENT)

__all__ = ["WORKLOADS"]
