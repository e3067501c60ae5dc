"""What is integrated beside the points of a flow: the log density that they gain, and what regularisation costs."""

from __future__ import annotations

import torch
from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule
from nodeviz.fields.modules.traced_field import TracedField
from nodeviz.tasks.densities.flow import Accompanied
from solver.field import paired

PROBES = ("gaussian", "rademacher")


def exactly(module: FlatModule) -> Accompanied:
    """The log density gained, from the exact divergence, by the fastest way there is."""
    return Accompanied(TracedField(module), 1)


def estimated(module: FlatModule, probe: Tensor) -> Accompanied:
    """The log density gained, estimated with one probe (batch, 2) a point (Hutchinson, 1989)."""
    return Accompanied(DifferentiatedField(module, probe, regularised=False), 1)


def regularised(module: FlatModule, probe: Tensor | None) -> Accompanied:
    """The log density gained, exactly or with a probe, then |f|² and the Jacobian's squared Frobenius norm."""
    return Accompanied(DifferentiatedField(module, probe, regularised=True), 3)


def probe_of(kind: str, shape: torch.Size, seed: int, like: Tensor) -> Tensor:
    """Random numbers of mean 0 and variance 1, normal ("gaussian") or signs ("rademacher"), like `like`."""
    generator = torch.Generator().manual_seed(seed)
    if kind == "gaussian":
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)
    return (2 * torch.randint(2, shape, generator=generator) - 1).to(like)


class DifferentiatedField(torch.nn.Module):
    """d(y, l, …)/dt = (f, -div f, …) by way of autograd, for what is not made by hand.

    With a probe e the divergence is eᵀ J e and |J|² is |eᵀ J|², both right in the mean (Finlay et al., 2020); without,
    both are exact.
    """

    def __init__(self, module: FlatModule, probe: Tensor | None, regularised: bool) -> None:
        super().__init__()
        self._module = module
        self._probe = probe
        self._regularised = regularised

    def forward(self, t: Tensor | float, state: Tensor) -> Tensor:
        """The slope at state (batch, 2 + columns), with a graph where the caller wants one."""
        graph = torch.is_grad_enabled()
        with torch.enable_grad():
            ys = state[:, :2]
            ys = ys if ys.requires_grad else ys.detach().requires_grad_()
            dy = self._module(t, ys)
            trace, square = self._of_jacobian(ys, dy, graph)
            columns = [dy, -trace.unsqueeze(1)]
            if self._regularised:
                columns += [dy.square().sum(1, keepdim=True), square.unsqueeze(1)]
            slope = torch.cat(columns, 1)
        return slope if graph else slope.detach()

    def of_samples(self, samples: Tensor) -> DifferentiatedField:
        """The field of these points alone, for steps of each one's own."""
        probe = None if self._probe is None else self._probe[samples]
        return DifferentiatedField(self._module, probe, self._regularised)

    def _of_jacobian(self, ys: Tensor, dy: Tensor, graph: bool) -> tuple[Tensor, Tensor]:
        """Its trace and its squared Frobenius norm, each (batch,)."""

        def pulled(cotangent: Tensor) -> Tensor:
            pair = paired(dy, cotangent)
            return torch.autograd.grad(pair, ys, create_graph=graph, retain_graph=True, materialize_grads=True)[0]

        if self._probe is not None:
            row = pulled(self._probe)
            return (row * self._probe).sum(1), row.square().sum(1)
        rows = [pulled(unit.expand_as(dy)) for unit in torch.eye(2, dtype=dy.dtype, device=dy.device)]
        return rows[0][:, 0] + rows[1][:, 1], rows[0].square().sum(1) + rows[1].square().sum(1)
