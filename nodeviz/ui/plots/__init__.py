"""The plots: widgets that show what they are given. They ask nothing, and compute nothing but pictures."""
