"""Ready-made experiments trained from a seed, once for all figures that are taken of them."""

from __future__ import annotations

from functools import cache
from time import process_time
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from nodeviz.assets_path import ready_made
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, decode
from nodeviz.tasks.learnt import Learnt, place


class Effort(NamedTuple):
    """The seeds to train with, and the share of the steps that is taken: less than 1 only to try the script."""

    seeds: tuple[int, ...]
    share: float


class Trained(NamedTuple):
    """Weights half way and at the end, what the last step's solve cost, and seconds of processor time in all."""

    experiment: Experiment
    half_way: NDArray[np.float32]
    theta: NDArray[np.float32]
    nfe_forward: int
    nfe_backward: int
    seconds: float
    troubles: int

    @property
    def learnt(self) -> Learnt:
        """The field as it was at the end."""
        return place(self.experiment.field, self.theta).learnt


@cache
def trained(name: str, seed: int, steps: int) -> Trained:
    """The ready-made experiment of that name after so many steps from `seed`."""
    experiment = decode(ready_made()[name].read_bytes())
    experiment = replace(experiment, training=replace(experiment.training, seed=seed, device="cpu"))
    trainer, began, troubles = Trainer(experiment), process_time(), 0
    half_way = trainer.shown()
    for step in range(steps):
        last = trainer.step()
        troubles += last.trouble is not None
        if step + 1 == steps // 2:
            half_way = trainer.shown()
    seconds = process_time() - began
    print(f"  {name}, seed {seed}: {steps} steps, {seconds:.0f} s, last loss {last.loss:.3f}", flush=True)
    return Trained(experiment, half_way, trainer.shown(), last.nfe_forward, last.nfe_backward, seconds, troubles)
