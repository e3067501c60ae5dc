"""The tasks, listed once: what is learnt from the data."""

from nodeviz.tasks.fit_trajectories import FitTrajectories
from nodeviz.tasks.solving import SolverSettings

__all__ = ["TASKS", "FitTrajectories", "SolverSettings", "Task"]

TASKS = (FitTrajectories,)
Task = FitTrajectories  # a union of the classes above once there are several
