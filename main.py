"""Starts nodeviz from a checkout: `python main.py`."""

import sys


def main() -> int:
    from nodeviz.app import main as run  # inside, so that spawned workers import neither it nor Qt

    return run()


if __name__ == "__main__":
    sys.exit(main())
