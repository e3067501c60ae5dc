"""`python -m nodeviz` does what `nodeviz` does."""

import sys

from nodeviz.app import main

if __name__ == "__main__":
    sys.exit(main())
