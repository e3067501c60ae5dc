"""What has to be as it was for a recording of a field's evaluations to hold."""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from solver.field import FlatField
from solver.resident.field import identity


def circumstances(field: FlatField, y: Tensor) -> tuple[Hashable, ...]:
    """All but the field itself: where in memory its weights are, what states are like, and what torch is set to."""
    owner, tensors, mode = identity(field.inner), field.parameters(), None
    if isinstance(owner, torch.nn.Module):
        tensors, mode = (*owner.parameters(), *owner.buffers()), owner.training
    stream = torch.cuda.current_stream(y.device).cuda_stream if y.is_cuda else 0
    settings = (
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled(y.device.type),
        torch.get_float32_matmul_precision(),
        torch.are_deterministic_algorithms_enabled(),
    )
    places = tuple((tensor.data_ptr(), tensor.requires_grad) for tensor in tensors)
    return (type(field.inner), mode, field.shape, y.dtype, y.device, stream, settings, places)
