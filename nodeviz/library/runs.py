"""What a run leaves in its directory: the model, the experiment, the history of every training step."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz import experiment as experiments
from nodeviz.library.atomic import write_together
from nodeviz.library.model_file import SUFFIX, Model, encode_model
from nodeviz.library.tables import csv_bytes, npz_bytes


class History(NamedTuple):
    """What was measured at each training step, one entry a step from step 1 on. float64; test is NaN between tests."""

    loss: NDArray[np.float64]
    test: NDArray[np.float64]
    nfe_forward: NDArray[np.float64]
    nfe_backward: NDArray[np.float64]
    rejected: NDArray[np.float64]
    seconds: NDArray[np.float64]

    def columns(self, first: int) -> dict[str, NDArray[np.float64]]:
        """The history as named columns, beginning with the number of each step; the first one is `first`."""
        steps = np.arange(first, first + len(self.loss), dtype=np.float64)
        return {"step": steps, **self._asdict()}


class RunDirectory:
    """One run on disk. Its files are written together, and may be written again as the run goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def model(self) -> Path:
        return self.folder / f"model{SUFFIX}"

    @property
    def experiment(self) -> Path:
        return self.folder / "experiment.json"

    @property
    def history_csv(self) -> Path:
        return self.folder / "history.csv"

    @property
    def history_npz(self) -> Path:
        return self.folder / "history.npz"

    def claim(self, *, overwrite: bool = False) -> None:
        """Make the folder. Raises `ValueError` when something is in it that `overwrite` does not give away."""
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"{self.folder} is a file; a run needs a folder of its own.")
        if not overwrite and self.folder.is_dir() and any(self.folder.iterdir()):
            raise ValueError(f"{self.folder} is not empty; name another folder, or add --overwrite to replace its run.")
        self.folder.mkdir(parents=True, exist_ok=True)

    def save(self, model: Model, history: History) -> None:
        """Write the run as it stands: all of it or nothing. Raises `OSError`."""
        columns = history.columns(model.step - len(history.loss) + 1)
        files = {
            self.model: encode_model(model),
            self.experiment: experiments.encode(model.experiment),
            self.history_csv: csv_bytes(columns),
            self.history_npz: npz_bytes(columns),
        }
        write_together(files)
