"""The panels: causes on the left, prices on the right. Panels ask, plots show."""
