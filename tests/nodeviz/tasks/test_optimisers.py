"""The flat optimisers against torch.optim, which is the reference."""

import numpy as np
import pytest
import torch

from nodeviz.tasks.optimisers import OPTIMISERS, optimiser_named

REFERENCES = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
RULES = [rule.name for rule in OPTIMISERS]


def bumpy_gradient(theta: torch.Tensor, step: int) -> torch.Tensor:
    return torch.sin(3 * theta) + 0.2 * theta**3 + 0.1 * torch.cos(torch.arange(theta.numel()) * float(step))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("name", RULES)
def test_two_hundred_steps_follow_torch_optim(name, weight_decay):
    start = torch.linspace(-2, 2, 57, dtype=torch.float64)
    ours, theirs = start.clone(), torch.nn.Parameter(start.clone())
    optimiser = optimiser_named(name, ours)
    reference = REFERENCES[name]([theirs], lr=0.01, weight_decay=weight_decay)
    for step in range(200):
        optimiser.step(ours, bumpy_gradient(ours, step), 0.01, weight_decay)
        theirs.grad = bumpy_gradient(theirs.detach(), step)
        reference.step()
    assert torch.allclose(ours, theirs.detach(), rtol=1e-10, atol=1e-12)
    assert not torch.allclose(ours, start, atol=1e-2)


@pytest.mark.parametrize("name", RULES)
def test_float32_steps_follow_torch_optim_to_a_millionth(name):
    start = torch.linspace(-2, 2, 57)
    ours, theirs = start.clone(), torch.nn.Parameter(start.clone())
    optimiser, reference = optimiser_named(name, ours), REFERENCES[name]([theirs], lr=1e-3, weight_decay=0.0)
    for step in range(100):
        optimiser.step(ours, bumpy_gradient(ours, step), 1e-3, 0.0)
        theirs.grad = bumpy_gradient(theirs.detach(), step)
        reference.step()
    assert torch.allclose(ours, theirs.detach(), rtol=1e-6, atol=1e-6)


def test_a_learning_rate_changed_between_steps_acts_as_in_torch_optim():
    start = torch.linspace(-2, 2, 9, dtype=torch.float64)
    ours, theirs = start.clone(), torch.nn.Parameter(start.clone())
    optimiser, reference = optimiser_named("adam", ours), torch.optim.Adam([theirs])
    for step in range(60):
        rate = 0.001 if step < 30 else 0.05
        optimiser.step(ours, bumpy_gradient(ours, step), rate, 0.0)
        theirs.grad = bumpy_gradient(theirs.detach(), step)
        reference.param_groups[0]["lr"] = rate
        reference.step()
    assert torch.allclose(ours, theirs.detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_a_restored_state_goes_on_bit_for_bit(name):
    theta = torch.linspace(-2, 2, 31)
    optimiser = optimiser_named(name, theta)
    for step in range(20):
        optimiser.step(theta, bumpy_gradient(theta, step), 0.01, 0.0)
    other, copy = optimiser_named(name, theta), theta.clone()
    other.restore(optimiser.state())
    for step in range(20, 40):
        optimiser.step(theta, bumpy_gradient(theta, step), 0.01, 0.0)
        other.step(copy, bumpy_gradient(copy, step), 0.01, 0.0)
    assert torch.equal(theta, copy)


def test_the_state_of_another_rule_leaves_a_fresh_memory():
    theta = torch.ones(4)
    adam = optimiser_named("adam", theta)
    adam.step(theta, torch.ones(4), 1e-3, 0.0)
    rmsprop = optimiser_named("rmsprop", theta)
    rmsprop.restore(adam.state())
    assert rmsprop.count == 0 and not rmsprop.memory["square"].any()


def test_a_state_of_another_length_is_refused_with_a_sentence():
    adam = optimiser_named("adam", torch.ones(4))
    with pytest.raises(ValueError, match=r"adam\.mean of shape \(4,\); the checkpoint has shape \(5,\)"):
        adam.restore({"adam.count": np.array(3), "adam.mean": np.zeros(5), "adam.square": np.zeros(5)})


@pytest.mark.parametrize("count", [np.zeros(2, np.int64), np.array(2.5), np.array(-1), np.zeros(0, np.int64)])
def test_a_count_that_is_no_number_of_steps_is_refused_with_a_sentence(count):
    adam = optimiser_named("adam", torch.ones(4))
    with pytest.raises(ValueError, match=r"adam\.count to be one whole number of steps"):
        adam.restore(adam.state() | {"adam.count": count})
    assert adam.count == 0


def test_moments_that_are_no_real_numbers_are_refused_with_a_sentence():
    adam = optimiser_named("adam", torch.ones(4))
    with pytest.raises(ValueError, match=r"adam\.mean of shape \(4,\); the checkpoint has shape \(4,\) of complex128"):
        adam.restore(adam.state() | {"adam.mean": np.zeros(4, np.complex128)})
