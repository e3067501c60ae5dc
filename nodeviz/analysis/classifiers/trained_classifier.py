"""A classifier in training: one step after another by the experiment's own rule, and what each of them costs."""

from __future__ import annotations

from math import nan
from statistics import median
from time import perf_counter
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.analysis.classifiers.classifier import Classifier, Evaluations
from nodeviz.analysis.kept_bytes import kept_by
from nodeviz.analysis.learner import Learner
from nodeviz.experiment import TrainingSettings
from nodeviz.tasks.read_out import accuracy, cross_entropy

LAST = 50
"""Steps that a time is the median of: the newest, for a flow grows dearer while it learns."""


class Judgement(NamedTuple):
    """On held-out points after so many steps: the share told wrongly in per cent, and the cross-entropy."""

    steps: int
    error: float
    loss: float


class TrainedClassifier:
    """`classifier` under training; what is judged has the running mean of its parameters."""

    def __init__(self, classifier: Classifier, training: TrainingSettings) -> None:
        self.classifier = classifier
        self.steps = 0
        self.evaluations = Evaluations(0, 0)
        self.kept = nan
        """Bytes for the backward pass of a batch."""
        self.judgements: list[Judgement] = []
        self.failed = False
        """Whether its solve did not get to the end: it then trains no further."""
        self._seconds: list[float] = []
        self._learner = Learner(classifier.theta, training, classifier.held)

    @property
    def milliseconds(self) -> float:
        """Of a step, the median of the newest; NaN before the first."""
        return 1e3 * median(self._seconds[-LAST:]) if self._seconds else nan

    def step(self, ys: Tensor, labels: Tensor) -> None:
        """Learn from a minibatch."""
        began = perf_counter()
        told = self.classifier.tell(ys)
        loss = cross_entropy(told.logits, labels)
        if not bool(torch.isfinite(loss)):
            self.failed = True
            return
        self._learner.step(self.classifier.gradient(loss))
        self._seconds.append(perf_counter() - began)
        self.evaluations = told.evaluations()
        self.steps += 1

    def weigh(self, ys: Tensor) -> None:
        """Measure what is kept for the backward pass of a minibatch."""
        self.kept = float(kept_by(lambda: self.classifier.tell(ys)).bytes)

    @torch.no_grad()
    def judge(self, ys: Tensor, labels: Tensor) -> None:
        """Find how good it is on points that it does not learn from."""
        logits = self.classifier.having(self._learner.shown).tell(ys).logits
        error = 100 * (1 - accuracy(logits, labels))
        self.judgements.append(Judgement(self.steps, error, float(cross_entropy(logits, labels))))
