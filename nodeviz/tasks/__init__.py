"""The tasks, listed once: what is learnt from the data."""

from nodeviz.tasks.fit_trajectories import FitTrajectories

TASKS = (FitTrajectories,)
Task = FitTrajectories  # a union of the classes above once there are several
