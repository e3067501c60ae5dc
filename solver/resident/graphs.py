"""Work on tensors that stay where they are, recorded once as a CUDA graph and then replayed.

This has been run on no GPU yet. What it replays is what runs without it, too, on a CPU and in all tests.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from solver.coefficients import held_constants

Work = Callable[[], None]
OTHERS_GO_ON = "thread_local"
"""Other threads of the process may go on with what they do on the device while this one records."""
WARM_UPS = 3
"""Libraries settle on their kernels and workspaces before these are recorded."""


class Replay:
    """Does again what was recorded, with the coefficients that it reads."""

    def __init__(self, graph: torch.cuda.CUDAGraph, coefficients: list[Tensor]) -> None:
        self._graph, self._coefficients = graph, coefficients

    def __call__(self) -> None:
        self._graph.replay()


def recorded(work: Work, device: torch.device) -> Work | None:
    """What does as `work` by replaying it; None where it cannot be recorded.

    The work is done a few times on the way, so its tensors must be such that this does no harm. All others that it
    needs, but coefficients, it has to make itself: what it made before would be gone when it is replayed. It cannot be
    recorded where it waits for the device, decides in Python by what tensors hold, or brings tensors from the CPU.
    """
    if device.type != "cuda":
        return None
    with torch.cuda.device(device):
        return _recorded(work)


def _recorded(work: Work) -> Work | None:
    before, stream, graph = torch.cuda.current_stream(), torch.cuda.Stream(), torch.cuda.CUDAGraph()
    try:
        stream.wait_stream(before)
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                work()
        with held_constants() as coefficients, torch.cuda.graph(graph, stream=stream, capture_error_mode=OTHERS_GO_ON):
            work()
    except RuntimeError:
        return None
    finally:
        torch.cuda.set_stream(before)  # a recording that broke off has left the other one behind
        before.wait_stream(stream)
    return Replay(graph, coefficients)
