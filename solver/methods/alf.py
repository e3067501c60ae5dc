"""The asynchronous leapfrog method.

Source: Zhuang, Dvornek, Tatikonda, Duncan, MALI: a memory efficient and reverse accurate integrator for neural ODEs
(2021), algorithms 2 and 3, without damping; Mutze, arXiv:1311.6602. The error estimate is ours.
"""

from solver.method import AsynchronousLeapfrog

ALF = AsynchronousLeapfrog(
    name="alf",
    label="Asynchronous leapfrog",
    sentence="Order 2, one evaluation a step, undone exactly: for the reversible gradient. Damps nothing.",
)
