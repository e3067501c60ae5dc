"""The science on top of the solver: what costs, errors and flows say about a field. Torch where it computes, no Qt."""
