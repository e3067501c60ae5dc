"""What competes with an experiment's own flow for a density: what each is, how it is trained, and what it costs."""
