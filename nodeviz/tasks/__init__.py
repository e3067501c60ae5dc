"""The tasks, listed once: what is learnt from the data."""

from nodeviz.tasks.classify import Classify
from nodeviz.tasks.fit_trajectories import FitTrajectories
from nodeviz.tasks.solving import SolverSettings

__all__ = ["TASKS", "Classify", "FitTrajectories", "SolverSettings", "Task"]

TASKS = (FitTrajectories, Classify)
Task = FitTrajectories | Classify
