"""Where training runs: the device setting as a torch device."""

from __future__ import annotations

import torch

WORK_WORTH_CUDA = 2_000_000
"""Parameters times batch from which a GPU is quicker: below, launching its kernels takes longer than the sums."""


def chosen_device(setting: str, work: int) -> torch.device:
    """The device for `setting` (auto, cpu, cuda or mps), given parameters times batch.

    Raises `ValueError` when this machine has no such device.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if setting == "auto":
        return torch.device("cuda" if there["cuda"] and work >= WORK_WORTH_CUDA else "cpu")
    if not there[setting]:
        usable = " or ".join(name for name, usable in there.items() if usable)
        raise ValueError(f"The device is set to {setting}, but torch finds none on this machine; choose {usable}.")
    return torch.device(setting)
