"""The command line: everything that needs no window. It never imports Qt; the window imports no command."""
