"""Solves that stay on a CUDA device: times, step sizes and what is accepted are decided there, and read now and then.

What it does. A solve with an explicit Runge-Kutta method, adaptive or not, makes its attempts one after the other
while nobody looks; a run of them is then read at once, and Python enters what came of each as `solver.integrate` does.
States, statistics and statuses differ from those by rounding alone, and every way to a gradient goes on from there.
Whatever else is asked for, a watch, events or an implicit method for instance, goes the usual way. `solve` chooses by
itself.

What it costs. Attempts that a run makes beyond the end go nowhere, but take their time: at most a third of all, and
none of equal steps, nor where an earlier solve has told how many it takes. They are not counted as evaluations.

Graphs. Solves of small states that come again, as those of a training do, take longer to ask for than to make. Their
attempts, and the steps of their gradients, are recorded as CUDA graphs and replayed. In a replay no Python runs: a
field that counts its calls, or that goes by a number in Python that was changed since, or by a tensor that took the
place of another (but for parameters and buffers, which are looked after), would not be asked. So this is done for
fields that promise to have nothing of the kind (`solver.resident.field.RepeatableField`), as those of nodeviz do; with
`allow(graphs="all")` for any field, and with `allow(graphs="none")` for none. What cannot be recorded is made without.

Fused stages. Of large states, most of the time goes by while layers are written to memory and read again. Where Triton
is, as it is with torch for CUDA on Linux, a stage of a small perceptron in float32 is one kernel (`fused_kernel`). It
is used where it finds the same slope as the field at a solve's start; `allow(fuses=False)` leaves it out.

How to choose. `allow(devices=())`, or NODEVIZ_RESIDENT=0 in the environment, sends all solves the usual way;
`allow(devices=("cpu",))` has them made like this on a CPU, where it gains nothing, but can be tested. Until now all of
it has run on a CPU alone, the kernel in Triton's interpreter: no test of it has seen a GPU.
"""

from __future__ import annotations

from solver.resident.choosing import Graphs, allow

__all__ = ["Graphs", "allow"]
