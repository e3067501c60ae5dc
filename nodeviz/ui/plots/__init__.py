"""The plots: widgets that show what they are given. They ask nothing, compute nothing of the science, know no engine."""
