"""A kernel in C for whole solves, and whole gradients, of fields that are networks: no dispatch between the steps.

What it does. A solve with an explicit Runge-Kutta method, adaptive or not, of a field that can describe itself by
plain numbers (`solver.native.description`), in float32 or float64 on the CPU, together with its checkpointed gradient.
The loop, the controllers, the statuses and the statistics are those of `solver.integrate` and its neighbours, said
again in C; the tests hold the two side by side. Whatever else is asked for, events for instance, goes the usual way:
`solve` chooses by itself, and the results differ by rounding alone.

How it is built. By the machine's own C compiler (`CC`, else cc, gcc or clang), the first time that it could be used,
in the background, while the solves go the usual way; a second or two later it takes over. It is kept in the user's
cache, under a name made of its source, the compiler and the processor. No compiler, or one that fails: nothing changes.

Any other module, or function, is recognised where it is a network of the kinds that the kernel knows, written in plain
torch and doing nothing else: `solver.native.recognising` says how, and what is promised. Its gradient then arrives in
its own parameters. One evaluation of the module at the start of each solve, which no statistics count, makes sure.

How to see and to choose. `describe()` says in a sentence what is in use; `explain(field, y0)` whether a field is solved
by the kernel, or the first thing in it that is not understood. `allow(False)`, or NODEVIZ_NATIVE=0 in the environment,
switches the kernel off, `allow(modules=False)` only that of recognised modules; `wait()` waits until it is built.

How it is fast. Samples are the lanes of vectors, blocks of them stay in the first cache through all stages of a step,
and in the gradient through all stages of their pullback. Products are made in tiles that fit the registers. exp, tanh
and the others are series for whole vectors (`kernel/elementary.h`). One thread, outside of Python's lock.
"""

from __future__ import annotations

from solver.native.explaining import explain
from solver.native.library import allow, describe, wait

__all__ = ["allow", "describe", "explain", "wait"]
