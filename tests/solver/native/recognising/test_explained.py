"""What a researcher is told who asks why a module is not fast."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from solver import native, solve
from tests.solver.native.networks import TorchNetwork, plain, weights
from tests.solver.native.recognising.fields import Demo, Wrapped, mlp
from tests.solver.native.recognising.test_refused import counts, forward

START = torch.ones(5, 2)


class OfItself:
    """A field that differentiates itself."""

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        return -y

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, object]:
        return -y, None

    def parameters(self) -> tuple[Tensor, ...]:
        return ()


def test_a_recognised_module_is_described() -> None:
    sentence = native.explain(Demo(), START)
    assert sentence == "This field is recognised as a network, 2-11-2 tanh on y³: it is solved by the native kernel."


def test_the_first_thing_that_is_not_understood_is_named() -> None:
    assert native.explain(forward(counts)(), START).endswith("counts sets the attribute nfe.")
    assert "kind Dropout" in native.explain(Wrapped(mlp(nn.Dropout())), START)
    assert "reads" in native.explain(lambda t, y: OfItself().evaluate(0.0, y), START)


def test_what_is_no_question_of_the_field_is_told_too() -> None:
    assert "CPU" in native.explain(Demo(), torch.ones(5, 2, device="meta"))
    assert "describes itself" in native.explain(TorchNetwork(plain(2, 3, 2), weights(plain(2, 3, 2))), START)
    assert "as none" in native.explain(TorchNetwork(plain(2, 3, 2), weights(plain(2, 3, 2)), silent=True), START)
    assert "differentiates itself" in native.explain(OfItself(), START)  # type: ignore[arg-type]
    assert "not finite" in native.explain(Demo(), torch.full((5, 2), float("nan")))
    with torch.overrides.BaseTorchFunctionMode():
        assert "listens" in native.explain(Demo(), START)
    native.allow(modules=False)
    assert "modules=False" in native.explain(Demo(), START)
    native.allow(False)
    assert "switched off" in native.explain(Demo(), START)


def test_asking_looks_again_at_a_module_that_was_refused() -> None:
    module = Wrapped(mlp(nn.Dropout()))

    def is_native() -> bool:
        return solve(module, START, torch.tensor([0.0, 0.5]), method="euler", dt=0.25).stats.native

    assert not is_native()
    module.net[1] = nn.Tanh()
    assert not is_native()
    assert "recognised" in native.explain(module, START)
    assert is_native()
