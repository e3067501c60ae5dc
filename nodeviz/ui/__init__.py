"""The window. Qt lives here only, and torch never does."""
