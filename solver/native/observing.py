"""Does someone want to see torch's calls, or to have them transformed? Then they must happen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad


def observed(y0: Tensor) -> bool:
    """Whether a solve from y0 would be."""
    return (
        type(y0) not in (Tensor, torch.nn.Parameter)
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._len_torch_function_stack() > 0
        or forward_ad._current_level >= 0
    )
