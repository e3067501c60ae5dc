"""Classifiers side by side on the same data: what each is, how it is trained, and what it costs."""
