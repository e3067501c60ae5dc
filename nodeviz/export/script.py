"""A standalone Python script: the field with its weights, and the solver's method, in torch alone."""

from __future__ import annotations

import base64
import textwrap

import numpy as np
from numpy.typing import NDArray

from nodeviz import __version__
from nodeviz.datasets.placement import Placement
from nodeviz.experiment import Experiment
from nodeviz.export.format import Exported, Format
from nodeviz.export.script_integrators import integrator_source
from nodeviz.export.script_placement import placement_source
from nodeviz.export.script_task import task_source
from nodeviz.fields.layout import split
from nodeviz.library.model_file import Model

_SCRIPT = '''\
"""A vector field made with nodeviz {version}, after {step} training steps on {name}. It needs torch and nothing else.

    python THIS_FILE             prints the trajectory from {start} as t,x,y
    python THIS_FILE X Y         prints the one from (X, Y)

Or import it: field() is the torch module, solve(field(), y0, ts) integrates it.{task_sentence}
"""

import base64
import math
import os
import sys

import torch

START = {start}
T0, T1, TIMES = {t0!r}, {t1!r}, {times}
{placement}
# Shape and little-endian float32 values of each parameter.
WEIGHTS = {{
{weights}
}}
{own}

{field}

def field():
    """The field with its weights, in float64, so that tolerances below 1e-6 can be met."""
    module = Field()
    module.load_state_dict({{name: _tensor(shape, text) for name, (shape, text) in WEIGHTS.items()}})
    return module.double()


def _tensor(shape, text):
    data = bytearray(base64.b64decode(text))
    return torch.frombuffer(data, dtype=torch.float32).reshape(shape) if data else torch.zeros(shape)


{integrator}


{placing}
{task}

def _start(texts):
    """The point that is asked for, START when none is."""
    if not texts:
        return START
    try:
        x, y = (float(text) for text in texts)
    except ValueError:
        x = y = math.nan
    if not (math.isfinite(x) and math.isfinite(y)):
        sys.exit(f"usage: {{sys.argv[0]}} [X Y], two finite numbers or none; got {{' '.join(texts)}}")
    return x, y


def main():
    start = _start(sys.argv[1:])
    ts = torch.linspace(T0, T1, TIMES, dtype=torch.float64)
    try:
        with torch.no_grad():
            ys = from_plane(solve(field(), to_plane([start]), ts)[:, 0])
    except (RuntimeError, ArithmeticError) as error:
        sys.exit(f"From {{start}}, {{error}}.")
    print("t,x,y")
    for t, (x, y) in zip(ts.tolist(), ys.tolist()):
        print(f"{{t:.9g}},{{x:.{digits}g}},{{y:.{digits}g}}")


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough, as `head` does; nothing is left to be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
'''


def script_source(model: Model) -> str:
    """The script for `model`: it prints the learnt trajectory from the first of the task's own starts.

    Where the data are lost and starts would be of them, from the middle of the plane.
    """
    experiment = model.experiment
    starts = experiment.task.starts(experiment.dataset, experiment.training.seed)
    times = experiment.task.times(experiment.dataset)
    added, placed = task_source(experiment), placement_source(experiment.dataset.placement, experiment.field.augmented)
    own = split(experiment.layout(), model.theta)
    of_field = {slot.name: own.pop(slot.name) for slot in experiment.field.layout()}
    return _SCRIPT.format(
        version=__version__,
        step=model.step,
        name=_one_line(experiment),
        start=_start(starts, experiment.dataset.placement),
        t0=float(times[0]),
        t1=float(times[-1]),
        times=len(times),
        weights=_weights(of_field),
        own=f"OWN = {{\n{_weights(own)}\n}}\n" if own else "",
        task_sentence="".join(f"\n{sentence}" for sentence in (added.sentence, placed.sentence) if sentence),
        placement=placed.constants,
        placing=placed.functions.rstrip(),
        digits=placed.digits,
        task=f"\n\n{added.functions}" if added.functions else "",
        field=experiment.field.torch_source().strip() + "\n",
        integrator=integrator_source(experiment.solver).rstrip(),
    )


def _start(starts: NDArray[np.float64], placement: Placement) -> tuple[float, float]:
    """The first of `starts` (n, 2), or the origin, in the data's own units."""
    x, y = placement.in_data(starts[0] if len(starts) else np.zeros(2)).tolist()
    return (x, y)


def _one_line(experiment: Experiment) -> str:
    """The experiment's name, fit to stand inside a docstring whatever was typed."""
    return "".join(letter for letter in experiment.name if letter.isalnum() or letter in " -_.")


def _weights(parts: dict[str, NDArray[np.float32]]) -> str:
    return "\n".join(_weight(name, part) for name, part in parts.items())


def _weight(name: str, part: NDArray[np.float32]) -> str:
    text = base64.b64encode(np.asarray(part, "<f4").tobytes()).decode()
    lines = "\n".join(f'        "{line}"' for line in textwrap.wrap(text, 100)) or '        ""'
    return f'    "{name}": (\n        {part.shape!r},\n{lines},\n    ),'


def _encode(exported: Exported) -> bytes:
    return script_source(exported.model).encode()


SCRIPT = Format(
    name="script",
    label="Python script",
    suffix=".py",
    sentence="The field with its weights and an integrator in one file that needs torch alone.",
    encode=_encode,
    text=True,
)
