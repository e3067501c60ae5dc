"""Where trained weights come from: a short training, the same each time, whose outcome is kept in the user's cache."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable

import torch
from platformdirs import user_cache_path
from safetensors.torch import load_file, save_file
from torch.nn import Module


def train_once(name: str, module: Module, train: Callable[[Module], None]) -> None:
    """Give `module` the weights that `train` leads to. What was trained before is read, until `train` is rewritten."""
    source = inspect.getsource(inspect.getmodule(train) or train)
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    folder = user_cache_path("nodeviz", appauthor=False) / "benchmarks"
    path = folder / f"{name}-{digest}.safetensors"
    if path.is_file():
        module.load_state_dict(load_file(path))
        return
    print(f"Training {name}, once …", flush=True)
    torch.manual_seed(0)
    train(module)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(module.state_dict(), path)


def descend(module: Module, loss: Callable[[], torch.Tensor], steps: int, rate: float) -> None:
    """`steps` steps of Adam on the weights of `module`, from the ones it has."""
    optimiser = torch.optim.Adam(module.parameters(), rate)
    for _ in range(steps):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
