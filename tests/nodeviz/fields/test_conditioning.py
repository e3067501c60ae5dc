"""Ways for time to enter a network: each is the form of its paper, and starts as it says."""

from __future__ import annotations

from typing import get_args, get_type_hints

import numpy as np
import pytest
import torch

from benchmarks.modules import ConcatSquash, Flow
from nodeviz.fields import FIELDS, LinearField, MLPField

TIMES = get_args(get_args(get_type_hints(MLPField, include_extras=True)["time"])[0])
Y = np.random.default_rng(0).uniform(-1.5, 1.5, (12, 2))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def drawn(field: MLPField) -> np.ndarray:
    start = field.initial_parameters(2)
    return start + 0.3 * np.random.default_rng(1).standard_normal(start.shape).astype(np.float32)


def test_concatsquash_has_the_layers_and_the_parameters_of_ffjord() -> None:
    field, module = MLPField(width=6, depth=2, time="concatsquash", cubed=False), Flow(6, 2)
    theta = drawn(field)
    torch.nn.utils.vector_to_parameters(torch.from_numpy(theta), module.parameters())
    assert isinstance(module.layers[0], ConcatSquash)
    expected = module.velocity(torch.full((1, 1), 0.4), torch.from_numpy(Y).float()).detach()
    np.testing.assert_allclose(field.velocity(theta, 0.4, Y), expected, atol=1e-5)
    assert sum(parameter.numel() for parameter in module.parameters()) == theta.size


def test_a_hypernetwork_makes_the_gated_units_of_the_papers_flows() -> None:
    field = MLPField(width=5, depth=1, time="hypernetwork", hyper_width=4, cubed=False)
    parts = {name: part.astype(float) for name, part in field.split(drawn(field)).items()}
    hidden = np.array([0.4])
    for i in range(2):
        hidden = np.tanh(parts[f"hyper.{i}.weight"] @ hidden + parts[f"hyper.{i}.bias"])
    made = parts["hyper.2.weight"] @ hidden + parts["hyper.2.bias"]
    w, u, g, b = made[:10].reshape(5, 2), made[10:20].reshape(5, 2), made[20:30].reshape(5, 2), made[30:]
    units = [np.tanh(Y @ w[n] + b[n])[:, None] * (u[n] * sigmoid(g[n])) for n in range(5)]
    np.testing.assert_allclose(field.velocity(drawn(field), 0.4, Y), np.mean(units, axis=0), atol=1e-6)


def test_depth_varying_weights_are_as_free_on_any_span_and_mirror_beyond_it() -> None:
    short, long = (MLPField(width=5, depth=2, time="depth", span=span) for span in (1.0, 8.0))
    theta = drawn(short)
    np.testing.assert_allclose(short.velocity(theta, 0.3, Y), long.velocity(theta, 2.4, Y), atol=1e-6)
    np.testing.assert_allclose(short.velocity(theta, 0.9, Y), short.velocity(theta, 1.1, Y), atol=1e-5)
    assert np.abs(short.velocity(theta, 0.3, Y) - short.velocity(theta, 0.8, Y)).max() > 1e-2


def test_a_depth_varying_field_starts_standing_still() -> None:
    field = MLPField(width=5, depth=2, time="depth")
    theta = field.initial_parameters(0)
    np.testing.assert_array_equal(field.velocity(theta, 0.2, Y), field.velocity(theta, 0.7, Y))
    assert not field.autonomous


@pytest.mark.parametrize("cubed", [True, False])
@pytest.mark.parametrize("time", TIMES)
def test_however_time_enters_a_field_starts_near_the_identity_and_not_dead(time: str, cubed: bool) -> None:
    for depth, augmented in ((1, 0), (3, 0), (2, 4)):
        field = MLPField(width=64, depth=depth, time=time, augmented=augmented, cubed=cubed)
        for seed in range(3):
            speeds = np.linalg.norm(field.velocity(field.initial_parameters(seed), 0.5, Y), axis=1)
            assert 0.01 < np.median(speeds) < 1.5, (depth, augmented, seed)


@pytest.mark.parametrize("time", TIMES)
def test_only_settings_of_the_chosen_way_matter(time: str) -> None:
    field = MLPField(width=4, time=time)
    others = {"hyper_width": 7, "terms": 3, "span": 2.0}
    theta = drawn(field)
    for name, value in others.items():
        changed = MLPField(width=4, time=time, **{name: value})
        same = changed.layout() == field.layout() and np.array_equal(
            changed.velocity(theta, 0.3, Y), field.velocity(theta, 0.3, Y)
        )
        assert same == (name in field.idle)


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_has_a_title_a_tooltip_and_lives_in_the_plane_at_first(kind: type) -> None:
    assert kind.title
    assert kind.__doc__.splitlines()[0].endswith(".")
    assert kind().planar
    assert kind().dim == 2


def test_with_dimensions_beside_the_planes_a_field_is_no_flow_of_the_plane() -> None:
    for field in (MLPField(augmented=3), LinearField(augmented=3)):
        assert not field.planar
        assert field.dim == 5
