"""The tasks, listed once: what is learnt from the data."""

from nodeviz.tasks.classify import Classify
from nodeviz.tasks.fit_trajectories import FitTrajectories
from nodeviz.tasks.match_density import MatchDensity
from nodeviz.tasks.solving import SolverSettings

__all__ = ["TASKS", "Classify", "FitTrajectories", "MatchDensity", "SolverSettings", "Task"]

TASKS = (FitTrajectories, Classify, MatchDensity)
Task = FitTrajectories | Classify | MatchDensity
