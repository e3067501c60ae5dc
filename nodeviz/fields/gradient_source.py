"""The standalone torch source of a gradient field."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nodeviz.fields.conditioning.conditioning import members_source
from nodeviz.fields.mlp_source import TORCH_ACTIVATIONS

if TYPE_CHECKING:
    from nodeviz.fields.gradient import GradientField


def gradient_source(field: GradientField) -> str:
    """Source of the class `Field`."""
    layers = [f"torch.nn.Linear({inputs}, {outputs})" for inputs, outputs in pairwise(field.sizes[:-1])]
    layers.append(f"torch.nn.Linear({field.width}, 1, bias=False)")
    return f'''class Field(torch.nn.Module):
    """Downhill on a perceptron as a potential: width {field.width}, {field.depth} hidden, {field.activation}."""

    def __init__(self):
        super().__init__()
{members_source("layers", layers)}
    def potential(self, y):
        """V at y of shape (..., {field.dim})."""
        h = y
        for layer in self.layers[:-1]:
            h = layer(h)
            h = {TORCH_ACTIVATIONS[field.activation]}
        return self.layers[-1](h).squeeze(-1)

    def forward(self, t, y):
        """The velocity at y of shape (..., {field.dim})."""
        graph = torch.is_grad_enabled()
        with torch.enable_grad():
            at = y if y.requires_grad else y.detach().requires_grad_()
            (uphill,) = torch.autograd.grad(self.potential(at).sum(), at, create_graph=graph)
        return -uphill
'''
