"""Networks for the tests: plain torch functions of flat weights that also describe themselves to the kernel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import pi, sqrt

import torch
from torch import Tensor

from solver.field import Gradients, Pullback
from solver.native.description import (
    Affine,
    Cosines,
    Hypernetwork,
    NativeField,
    Network,
    concatsquash_layers,
    dense_layers,
)


def _softplus(z: Tensor) -> Tensor:
    return torch.logaddexp(z, z.new_zeros(()))


BENDS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "softplus": _softplus,
    "elu": torch.nn.functional.elu,
    "silu": torch.nn.functional.silu,
    "relu": torch.relu,
    "sine": torch.sin,
    "gelu": partial(torch.nn.functional.gelu, approximate="tanh"),
}


class TorchNetwork(torch.nn.Module):
    """What a `Network` describes, by autograd; `silent` does not describe itself."""

    def __init__(self, network: Network, theta: Tensor, clocks: Tensor | None = None, silent: bool = False) -> None:
        super().__init__()
        self.network, self.clocks, self.silent = network, clocks, silent
        self.theta = torch.nn.Parameter(theta.clone())

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """dy/dt, and the divergence's multiple where there is one."""
        time = torch.as_tensor(t, dtype=y.dtype)
        if self.clocks is not None:
            time = (time + self.clocks).view(*y.shape[:-1], 1)
        if not self.network.trace:
            return self._velocity(time, y)
        with torch.enable_grad():
            x = y[..., :-1]
            x = x if x.requires_grad else x.detach().requires_grad_()
            dx = self._velocity(time, x) + 0.0 * self.theta[0] * x
            units = torch.eye(x.shape[-1], dtype=y.dtype)
            rows = [torch.autograd.grad(dx, x, unit.expand_as(dx), create_graph=True)[0] @ unit for unit in units]
        return torch.cat([dx, self.network.trace * sum(rows).unsqueeze(-1)], -1)

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        """Without a graph."""
        return self(t, y).detach()

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        """By autograd."""
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            dy = self(t, y)

        def pullback(cotangent: Tensor) -> Gradients:
            in_y, in_theta = torch.autograd.grad(dy, (y, self.theta), cotangent, allow_unused=True)
            return Gradients(None, in_y, (in_theta,))

        return dy.detach(), pullback

    def native(self) -> NativeField | None:
        """The description, unless it is kept silent about."""
        return None if self.silent else NativeField(self.network, self.theta, self.clocks)

    def _velocity(self, time: Tensor, y: Tensor) -> Tensor:
        if not self.network.gradient:
            return self._output(time, y)
        with torch.enable_grad():
            y = y if y.requires_grad else y.detach().requires_grad_()
            uphill = torch.autograd.grad(self._output(time, y).sum(), y, create_graph=True)[0]
        return self.network.gradient * uphill

    def _output(self, time: Tensor, y: Tensor) -> Tensor:
        hidden = y * y * y if self.network.cubed else y
        flat = self.theta if self.network.making is None else torch.cat([self.theta, self._made(time)])
        for place, layer in enumerate(self.network.layers):
            hidden = through(layer, flat, time, hidden)
            if place + 1 < len(self.network.layers):
                hidden = BENDS[self.network.activation](hidden)
        return hidden

    def _made(self, time: Tensor) -> Tensor:
        making = self.network.making
        if isinstance(making, Cosines):
            waves = torch.cos(pi * torch.arange(making.terms, dtype=time.dtype) * time / making.span)
            pieces = self.theta.split([making.terms * size for size in making.sizes])
            return torch.cat([waves @ piece.view(making.terms, -1) for piece in pieces])
        assert isinstance(making, Hypernetwork)
        hidden = time.view(1)
        for layer in making.layers[:-1]:
            hidden = torch.tanh(through(layer, self.theta, time, hidden))
        shape = (making.width, making.dim)
        sizes = [making.width * making.dim] * 3 + [making.width]
        weight, out, gate, bias = through(making.layers[-1], self.theta, time, hidden).split(sizes)
        outwards = (out * torch.sigmoid(gate)).view(shape).t() / making.width
        return torch.cat([weight, outwards.reshape(-1), bias])


def through(layer: Affine, flat: Tensor, time: Tensor, x: Tensor) -> Tensor:
    """What the layer, with its weights in `flat`, makes of x."""

    def part(start: int, apart: int = 1) -> Tensor:
        return flat.as_strided((layer.outputs,), (apart,), start)

    row = layer.inputs if layer.row is None else layer.row
    z = x @ flat.as_strided((layer.outputs, layer.inputs), (row, 1), layer.weight).t()
    if layer.bias is not None:
        z = z + part(layer.bias)
    if layer.time is not None:
        z = z + time * part(layer.time, layer.time_row)
    if layer.gate is not None and layer.gate_bias is not None:
        z = z * torch.sigmoid(time * part(layer.gate) + part(layer.gate_bias))
        if layer.shift is not None:
            z = z + time * part(layer.shift)
    return z


def weights(network: Network, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    """Normal weights of a size that keeps solutions tame."""
    last = network.layers[-1]
    ends = [last.weight + last.inputs * last.outputs, *(last.outputs + part for part in _vectors(last))]
    count = max(ends) if network.making is None else network.making.known
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, generator=draw, dtype=torch.float64).mul(1.2 / sqrt(last.inputs)).to(dtype)


def _vectors(layer: Affine) -> list[int]:
    return [part for part in (layer.bias, layer.gate, layer.gate_bias, layer.shift) if part is not None]


def plain(
    *sizes: int,
    activation: str = "tanh",
    cubed: bool = False,
    time_input: bool = False,
    trace: float = 0.0,
    gradient: float = 0.0,
) -> Network:
    """Layers of these sizes."""
    return Network(dense_layers(sizes, time_input), activation, cubed, trace, gradient)


def gated(*sizes: int, activation: str = "tanh", trace: float = 0.0, gradient: float = 0.0) -> Network:
    """Concatsquash layers of these sizes."""
    return Network(concatsquash_layers(sizes), activation, trace=trace, gradient=gradient)


def varying(*sizes: int, terms: int = 3, span: float = 0.8, trace: float = 0.0, gradient: float = 0.0) -> Network:
    """Layers of these sizes whose weights are sums of cosines of time."""
    pieces = tuple(size for into, out in zip(sizes, sizes[1:], strict=False) for size in (into * out, out))
    making = Cosines(pieces, terms, span)
    layers = tuple(layer.shifted(making.known) for layer in dense_layers(sizes))
    return Network(layers, "tanh", trace=trace, gradient=gradient, making=making)


def made_by_a_network(dim: int, width: int, *between: int, units: int = 5, trace: float = 0.0) -> Network:
    """A first and a last layer that a small network makes from time, and layers that stand still between them."""
    block, into = dim * width, (width, *between)[-1]
    if into != width:
        raise ValueError(f"The last layer has as many inputs as the first has outputs, {width}; got {into}.")
    small = dense_layers((1, units, 3 * block + width))
    begin = (2 + 3 * block + width) * units + 3 * block + width
    still = tuple(layer.shifted(begin) for layer in dense_layers((width, *between)))
    known = begin + sum(layer.size() + layer.outputs for layer in still)
    first, last = Affine(dim, width, known, known + 2 * block), Affine(width, dim, known + block)
    making = Hypernetwork(small, width, dim, known)
    return Network((first, *still, last), "tanh", trace=trace, making=making)
