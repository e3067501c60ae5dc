"""The straight cut behind a flow: logits, probabilities and the loss of states at its end."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class ReadOut(NamedTuple):
    """weight (rows, dim) and bias (rows,): a row for each class, or one for two, whose logit is that of the second."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, own: Tensor, rows: int) -> ReadOut:
        """The read-out in a task's own flat weights."""
        return cls(own[:-rows].view(rows, -1), own[-rows:])

    def logits(self, states: Tensor) -> Tensor:
        """What states (n, dim) are, (n, rows)."""
        return torch.addmm(self.bias, states, self.weight.t())


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean of minus the log-probability of the true classes `labels` (n,), in nats."""
    if logits.shape[-1] > 1:
        return torch.nn.functional.cross_entropy(logits, labels)
    of_second = logits.squeeze(-1)
    return torch.nn.functional.binary_cross_entropy_with_logits(of_second, labels.to(of_second))


def probabilities(logits: Tensor) -> Tensor:
    """That of the second of two classes, (n,), or of each of more, (n, classes)."""
    return torch.sigmoid(logits.squeeze(-1)) if logits.shape[-1] == 1 else torch.softmax(logits, -1)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """The share of points whose likeliest class is the true one; NaN where a state is not known."""
    if not bool(torch.isfinite(logits).all()):
        return float("nan")
    likeliest = (logits.squeeze(-1) > 0).long() if logits.shape[-1] == 1 else logits.argmax(-1)
    return float((likeliest == labels).double().mean())
