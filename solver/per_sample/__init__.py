"""Independent steps: every sample of a batch has its own time, step size and controller."""
