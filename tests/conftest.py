"""What every test needs: no display, one torch thread, and a plain word when Qt's own libraries are missing."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
