"""A signal that arrives while the kernel works is not kept waiting for the end of the solve, nor lost."""

from __future__ import annotations

import signal
import threading
from time import monotonic
from types import FrameType

import pytest
import torch

from solver import solve
from tests.solver.native.networks import TorchNetwork, plain, weights


class AlarmError(Exception):
    """Raised by a signal's handler, as KeyboardInterrupt is."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals are for the main thread")
def test_what_a_signal_raises_abandons_the_solve() -> None:
    def ring(number: int, frame: FrameType | None) -> None:
        raise AlarmError

    network = plain(2, 64, 64, 2)
    field = TorchNetwork(network, weights(network))
    before = signal.signal(signal.SIGALRM, ring)
    began = monotonic()
    try:
        with pytest.raises(AlarmError), torch.no_grad():
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            solve(
                field, torch.zeros(64, 2).double(), torch.tensor([0.0, 1.0]), method="euler", dt=1e-6, max_steps=10**7
            )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert monotonic() - began < 5.0
