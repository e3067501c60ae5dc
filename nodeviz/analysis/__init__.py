"""The science on top of the solver: what costs, errors and flows say about a field. Imports torch, and no Qt."""
