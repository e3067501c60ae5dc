"""A plain module or function that is a network of the kernel's is solved by the kernel: how it is recognised.

A field that describes itself (`solver.native.description`) needs none of this. Any other one is looked at, once:

1. Its code is read, not run (`vocabulary`, `looking`): it may do nothing but read plain values, tensors and modules and
   call functions of torch that are known. What writes, counts, prints, draws, catches, or keeps lists is refused.
2. One evaluation of it is listened to (`listening`): every call of torch, on real tensors. What these calls mean is put
   together (`calls`, `meanings`); what the kernel does not know, and any look at a tensor's values, refuses.
3. The network is told to the kernel (`layout`), for states of this shape and kind.

At every solve it is made sure that nothing has changed (`seen`): classes, parts, plain values and globals that the code
reads, and that there are no hooks; and the module itself is evaluated once where the solve starts and must agree with
the kernel there (`agreement`). Weights are read anew each time. Whatever does not hold sends the solve the usual way.

So what is promised is this: a solve by the kernel gives what the usual way gives, up to rounding, whatever was assigned
to the field, its parts, its classes or the globals it reads since the solve before. Code that is written into a
function in use, and functions of torch that are replaced, are noticed by their values where a solve starts, and only
there. Softplus is the kernel's, without the linear branch that torch takes above 20: 2e-9 apart.

A field whose code refuses it is not looked at again until `native.explain` is asked; hooks and tensors are, every time.
"""

from __future__ import annotations

from solver.native.recognising.knowledge import Recognised, recognise
from solver.native.recognising.refusal import NotUnderstoodError

__all__ = ["NotUnderstoodError", "Recognised", "recognise"]
