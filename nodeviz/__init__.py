"""nodeviz: a desktop explorer for neural ODEs in the plane."""

__version__ = "0.1.0"
