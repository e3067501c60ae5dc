"""What a study is: a question about an experiment that takes its time, and is answered piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.analysis.report import Report
from nodeviz.experiment import Experiment


class Subject(NamedTuple):
    """What is studied: an experiment with its weights after `step` training steps.

    A study calls `attend` often, at least every few milliseconds of work: whoever runs it looks up there, and may
    abandon it by raising.
    """

    experiment: Experiment
    theta: NDArray[np.float32]
    step: int = 0
    attend: Callable[[], None] = lambda: None


class Study(NamedTuple):
    """A study by its name, what to call it and one sentence of help.

    `unsuited` says in a sentence why an experiment cannot be studied so, or nothing. `follows_weights`: it is about
    the weights as they stand, and is old when they change; others train weights of their own. `run` yields what is
    known so far, at least every tenth of a second, and imports torch.
    """

    name: str
    label: str
    sentence: str
    follows_weights: bool
    unsuited: Callable[[Experiment], str]
    run: Callable[[Subject], Iterator[Report]]
