"""The fields as torch modules. Imported by the workers and the command line only, never by the window."""
