"""The standalone torch source of an MLP field."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodeviz.fields.mlp import MLPField

_TORCH_ACTIVATIONS = {
    "tanh": "torch.tanh(h)",
    "softplus": "torch.logaddexp(h, torch.zeros_like(h))",
    "elu": "torch.nn.functional.elu(h)",
    "silu": "torch.nn.functional.silu(h)",
    "relu": "torch.relu(h)",
    "sine": "torch.sin(h)",
}


def mlp_source(field: MLPField) -> str:
    """Source of the class `Field`."""
    layers = "\n".join(
        f"                torch.nn.Linear({inputs}, {outputs})," for inputs, outputs in pairwise(field.sizes)
    )
    features = ["y**3" if field.cubed else "y"]
    if field.time_input:
        features.append("torch.as_tensor(t, dtype=y.dtype, device=y.device).expand(y.shape[:-1]).unsqueeze(-1)")
    joined = features[0] if len(features) == 1 else f"torch.cat([{', '.join(features)}], dim=-1)"
    return f'''class Field(torch.nn.Module):
    """A multilayer perceptron as a vector field: width {field.width}, {field.depth} hidden, {field.activation}."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(
            [
{layers}
            ]
        )

    def forward(self, t, y):
        """The velocity at y of shape (..., 2)."""
        h = {joined}
        for layer in self.layers[:-1]:
            h = layer(h)
            h = {_TORCH_ACTIVATIONS[field.activation]}
        return self.layers[-1](h)
'''
