"""A drop-in for torchdiffeq: its `odeint`, `odeint_adjoint` and `odeint_event`, on this package's solvers.

    from solver.torchdiffeq import odeint_adjoint as odeint

Signatures, options, callbacks, shapes, warnings and the kinds of exceptions are those that torchdiffeq 0.2.5 documents:
numerical trouble raises `SolveFailed`, which is an AssertionError, where `solver.solve` returns a status, and arguments
that cannot work raise `WrongArgument`, a ValueError that is an AssertionError, too. Explicit fixed steps have no
trouble: what overflows is infinite or not a number from there on. It differs on purpose in these:

- No field is evaluated beyond the last time: torchdiffeq steps past it and interpolates.
- `dopri8` is Dormand-Prince 8(5,3), whose error estimate and dense output are better than 8(7)'s; `dopri5`, `bosh3`
  and `dopri8` come with their own interpolants instead of a quartic through the middle of the step.
- `adaptive_heun` and `fehlberg2` evaluate the field at the start of every step. torchdiffeq hands on their last stage,
  which is not quite there: an evaluation a step less, of another method.
- `max_num_steps` bounds the steps of the whole solve, as documented, not those between two output times.
- Adams methods have the order asked for as `max_order`, up to 8; by default 4, for the high orders are unstable. They
  start again where the step size changes instead of using the weights of equal steps. `implicit_adams` corrects once,
  which gives its order; `max_iters` and the tolerances change nothing.
- Fixed steps do not end in a sliver when rounding put a grid point beside the last time.
- Times are float64, whatever `dtype` says; the field gets them in the dtype of the state, as there.
- Gradients through the solver take step sizes as constants. Those of event times also flow to the parameters of the
  event function. Events of fixed-step methods are found on the method's own dense output, whatever `interp`.
- The adjoint keeps its step size from one interval to the next. Tensors of tolerances are allowed there, too.
- A rejected step never passes a NaN off as small, whatever the norm makes of it.
- What `scipy_solver` solved is differentiated by an adjoint that dopri5 integrates, unless `adjoint_method` is given.
- `grid_points` of older versions is taken as `jump_t` by adaptive methods.
"""

from solver.torchdiffeq.adjoint import odeint_adjoint
from solver.torchdiffeq.event import odeint_event
from solver.torchdiffeq.forward import odeint
from solver.torchdiffeq.trouble import SolveFailed, WrongArgument

__all__ = ["SolveFailed", "WrongArgument", "odeint", "odeint_adjoint", "odeint_event"]
