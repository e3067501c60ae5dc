"""Matching densities, as torch: objectives, what they integrate beside the points, and what is shown."""
