"""The command line: everything that needs no window. It never imports Qt."""

from nodeviz.cli.run import COMMANDS, run

__all__ = ["COMMANDS", "run"]
