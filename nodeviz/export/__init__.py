"""What can be exported to a file, one format a module, listed once. Pictures are drawn by the window."""

from nodeviz.export.format import Exported, Format, Trajectory
from nodeviz.export.model import MODEL
from nodeviz.export.script import SCRIPT
from nodeviz.export.trajectories_csv import TRAJECTORIES_CSV
from nodeviz.export.trajectories_npz import TRAJECTORIES_NPZ

FORMATS: tuple[Format, ...] = (MODEL, SCRIPT, TRAJECTORIES_CSV, TRAJECTORIES_NPZ)

__all__ = ["FORMATS", "Exported", "Format", "Trajectory"]
