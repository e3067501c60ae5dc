"""The Qt application: made once a process, named, with its icon."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from nodeviz.assets_path import assets


def make_application(argv: Sequence[str]) -> QApplication:
    """The application there is, or a new one that is given `argv` for Qt's own options."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(list(argv) or sys.argv[:1])
    app.setApplicationName("nodeviz")
    app.setApplicationDisplayName("nodeviz")
    app.setDesktopFileName("nodeviz")
    app.setWindowIcon(QIcon(str(assets() / "icon.svg")))
    return app
