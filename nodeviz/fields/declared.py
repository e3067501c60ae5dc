"""What every declared field offers: its parameters' layout, initial values, numpy form, torch form and source."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.layout import Slot, join, split
from nodeviz.settings import Settings

if TYPE_CHECKING:
    from nodeviz.fields.modules.flat import FlatModule


class DeclaredField(Settings, frozen=True, tag_field="kind"):
    """A vector field as a value. θ is one flat float32 vector, so that it travels, is saved and is optimised as one."""

    title: ClassVar[str]
    """What it is called in a list."""

    @property
    def augmented(self) -> int:
        """How many dimensions the state has beside the two of the plane: they start at zero (Dupont et al., 2019)."""
        return 0

    @property
    def dim(self) -> int:
        """How many dimensions the state has: the plane's, then the augmented ones."""
        return 2 + self.augmented

    @property
    def planar(self) -> bool:
        """Whether its flow maps the plane onto itself, as the flow of a density has to."""
        return self.augmented == 0

    @property
    def idle(self) -> frozenset[str]:
        """The settings that change nothing while the others stand as they do."""
        return frozenset()

    @property
    def held(self) -> tuple[int, ...]:
        """The places in θ of numbers that training does not move."""
        return ()

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
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2): what the window draws before torch is there.

        Of an augmented field it is the part in the plane, where the other dimensions are zero.
        """
        raise NotImplementedError

    @abstractmethod
    def module(self, theta: NDArray[np.float32]) -> FlatModule:
        """The field as a torch module on states (..., dim) whose one parameter `theta` holds θ. Imports torch."""
        raise NotImplementedError

    @abstractmethod
    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone; its state_dict has layout()'s names."""
        raise NotImplementedError

    def split(self, theta: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """θ as its named parts."""
        return split(self.layout(), theta)

    def join(self, parts: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Named parts as θ. Raises `ValueError` naming a part that is missing or has another shape."""
        return join(self.layout(), parts)
