"""What every declared field offers: its parameters' layout, initial values, numpy form, torch form and source."""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.settings import Settings

if TYPE_CHECKING:
    from nodeviz.fields.modules.flat import FlatModule


class Slot(NamedTuple):
    """One named parameter inside the flat vector θ."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return prod(self.shape)


class DeclaredField(Settings, frozen=True, tag_field="kind"):
    """A vector field as a value. θ is one flat float32 vector, so that it travels, is saved and is optimised as one."""

    @property
    @abstractmethod
    def autonomous(self) -> bool:
        """Whether the field stands still: f does not depend on t."""
        raise NotImplementedError

    @abstractmethod
    def layout(self) -> tuple[Slot, ...]:
        """The named parts of θ, in order."""
        raise NotImplementedError

    @abstractmethod
    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """θ at step 0: the same for the same seed on every machine, since numpy draws it."""
        raise NotImplementedError

    @abstractmethod
    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2): what the window draws before torch is there."""
        raise NotImplementedError

    @abstractmethod
    def module(self, theta: NDArray[np.float32]) -> FlatModule:
        """The field as a torch module whose one parameter `theta` holds θ. Imports torch."""
        raise NotImplementedError

    @abstractmethod
    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone; its state_dict has layout()'s names."""
        raise NotImplementedError

    def split(self, theta: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """θ as its named parts."""
        parts, start = {}, 0
        for slot in self.layout():
            parts[slot.name] = theta[start : start + slot.size].reshape(slot.shape)
            start += slot.size
        return parts

    def join(self, parts: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Named parts as θ. Raises `ValueError` naming a part that is missing or has another shape."""
        for slot in self.layout():
            came = parts.get(slot.name)
            if came is None or came.shape != slot.shape:
                had = "nothing" if came is None else f"shape {came.shape}"
                raise ValueError(f"The weights need {slot.name!r} of shape {slot.shape}; the file has {had}.")
        pieces = [np.asarray(parts[slot.name], np.float32).ravel() for slot in self.layout()]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
