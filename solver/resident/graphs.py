"""Work on tensors that stay where they are, recorded once as a CUDA graph and then replayed.

This has been run on no GPU yet. What it replays is what runs without it, too, on a CPU and in all tests.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

Work = Callable[[], None]
WARM_UPS = 3
"""Libraries settle on their kernels and workspaces before these are recorded."""


def recorded(work: Work, device: torch.device) -> Work | None:
    """What does as `work` by replaying it; None where it cannot be recorded.

    The work is done a few times on the way, so its tensors must be such that this does no harm. It cannot be recorded
    where it waits for the device, decides in Python by what tensors hold, or brings tensors from the CPU.
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
        # other threads of the process may go on with what they do on the device
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            work()
    except RuntimeError:
        return None
    finally:
        torch.cuda.set_stream(before)  # a recording that broke off has left the other one behind
        before.wait_stream(stream)
    return graph.replay
