"""Measurements: `python -m benchmarks` sets nodeviz's solver beside its peers; the other scripts say what they do."""
