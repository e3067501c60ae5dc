"""The source of what a task adds to an exported script: telling classes apart, or the density of a flow."""

from __future__ import annotations

from typing import NamedTuple

from nodeviz.experiment import Experiment
from nodeviz.tasks import Classify, MatchDensity


class TaskSource(NamedTuple):
    """Functions, and the line of the script's docstring that names them."""

    sentence: str
    functions: str


_CLASSIFY = '''\
END = {end!r}


def classify(points):
    """The probabilities of each class, (n, {classes}), of points (n, 2)."""
    read_out = torch.nn.functional.linear
    with torch.no_grad():
        states = solve(field(), to_plane(points), torch.tensor([0.0, END], dtype=torch.float64))[-1]
    weight, bias = (_tensor(*OWN[name]).double() for name in ("readout.weight", "readout.bias"))
    logits = read_out(states, weight, bias)
    return {probabilities}
'''

_OF_TWO = "torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], -1)"
_OF_MORE = "torch.softmax(logits, -1)"

_DENSITY = '''\
BASE, END = {base!r}, {end!r}


def sample(count):
    """So many points of the flow's density, (count, 2)."""
    base = BASE * torch.randn(count, 2, dtype=torch.float64)
    with torch.no_grad():
        return from_plane(solve(field(), base, torch.tensor([0.0, END], dtype=torch.float64))[-1])


def log_prob(points):
    """The logarithm of the flow's density at points (n, 2), in nats: (n,)."""
    velocity = field()

    def with_divergence(t, state):
        with torch.enable_grad():
            y = state[:, :2].detach().requires_grad_()
            dy = velocity(t, y) + 0 * y
            slopes = [torch.autograd.grad(dy[:, i].sum(), y, retain_graph=True)[0][:, i : i + 1] for i in (0, 1)]
        return torch.cat([dy.detach(), sum(slopes)], 1)

    states = torch.nn.functional.pad(to_plane(points), (0, 1))
    with torch.no_grad():
        states = solve(with_divergence, states, torch.tensor([END, 0.0], dtype=torch.float64))[-1]
    # from END back to 0 the divergence was summed with its sign turned, and the density thins where the flow spreads
    base, gained = states[:, :2], states[:, 2]
    return gained - (base / BASE).square().sum(1) / 2 - math.log(2 * math.pi * BASE**2){per_area}
'''


def task_source(experiment: Experiment) -> TaskSource:
    """What the script of `experiment` can do besides integrating; nothing where trajectories are all there is."""
    task = experiment.task
    match task:
        case Classify():
            classes = task.classed(experiment.dataset).classes
            functions = _CLASSIFY.format(
                end=task.end,
                classes=classes,
                probabilities=_OF_TWO if classes == 2 else _OF_MORE,
            )
            return TaskSource("classify(points) gives the probabilities of the classes.", functions)
        case MatchDensity():
            per_area = " - 2 * math.log(SCALE)" if experiment.dataset.placement.moves else ""
            functions = _DENSITY.format(base=task.base, end=task.duration, per_area=per_area)
            return TaskSource("sample(count) draws from the flow's density, log_prob(points) evaluates it.", functions)
    return TaskSource("", "")
