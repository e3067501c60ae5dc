"""The standalone torch source of an MLP field."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodeviz.fields.mlp import MLPField

TORCH_ACTIVATIONS = {
    "tanh": "torch.tanh(h)",
    "softplus": "torch.logaddexp(h, torch.zeros_like(h))",
    "elu": "torch.nn.functional.elu(h)",
    "silu": "torch.nn.functional.silu(h)",
    "gelu": 'torch.nn.functional.gelu(h, approximate="tanh")',
    "relu": "torch.relu(h)",
    "sine": "torch.sin(h)",
}


def mlp_source(field: MLPField) -> str:
    """Source of the class `Field`, and of the layers it has that torch does not."""
    source = field.conditioning.source()
    body = source.body.format(activation=TORCH_ACTIVATIONS[field.activation])
    time = "" if field.autonomous else f", time: {field.time}"
    return f'''{source.classes}class Field(torch.nn.Module):
    """A perceptron as a vector field: width {field.width}, {field.depth} hidden, {field.activation}{time}."""

    def __init__(self):
        super().__init__()
{source.members}
    def forward(self, t, y):
        """The velocity at y of shape (..., {field.dim})."""
        h = {"y**3" if field.cubed else "y"}
{body}'''
