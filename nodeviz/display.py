"""Whether a window can open here, found out before Qt is asked: where it cannot, Qt aborts the process."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path

from nodeviz.system_libraries import how_to_install, library_named_in, missing_libraries, platform_plugin

WITHOUT_A_WINDOW = (
    "Without a window, nodeviz works from the command line: `nodeviz train spiral` (see `nodeviz --help`)."
)
NEED_A_DISPLAY = {"xcb": "DISPLAY", "wayland": "WAYLAND_DISPLAY"}


def obstacle() -> str | None:
    """Why no window can open here and what to do about it, or None when one can."""
    if not sys.platform.startswith("linux"):
        return None
    candidates = _candidates()
    if not candidates:
        return (
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. Start nodeviz on a "
            "desktop, through `ssh -X`, or under `xvfb-run` (apt install xvfb; dnf install xorg-x11-server-Xvfb)."
        )
    obstacles = {platform: _obstacle_of(platform) for platform in candidates}
    usable = [platform for platform, trouble in obstacles.items() if trouble is None]
    if not usable:
        return obstacles[candidates[0]]
    if len(usable) < len(candidates):  # or else Qt might begin with one that aborts
        os.environ["QT_QPA_PLATFORM"] = ";".join(usable)
    return None


def obstacle_of_import(error: ImportError) -> str:
    """What to do about PySide6 that does not import."""
    if sys.platform == "win32":
        remedy = "Install the Microsoft Visual C++ Redistributable, then `pip install --force-reinstall nodeviz`."
    elif library := library_named_in(str(error)):
        remedy = how_to_install([library])
    else:
        remedy = "Install it again: `pip install --force-reinstall PySide6-Essentials pyqtgraph`."
    return f"The window's toolkit does not load here: {error}. {remedy}"


def _candidates() -> list[str]:
    """The platform plugins that Qt would try, in its order."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen:
        return [name.partition(":")[0] for name in chosen.split(";")]
    there = [platform for platform, variable in NEED_A_DISPLAY.items() if os.environ.get(variable)]
    return sorted(there, reverse=os.environ.get("XDG_SESSION_TYPE") != "x11")


def _obstacle_of(platform: str) -> str | None:
    if platform_plugin(platform) is None and platform_plugin("offscreen") is not None:
        return f"Qt has no platform {platform!r} here. Unset QT_QPA_PLATFORM, or set it to xcb, wayland or offscreen."
    missing = missing_libraries(platform)
    if missing:
        return f"Qt needs {', '.join(missing)}, which this system lacks. {how_to_install(missing)}"
    if platform == "xcb" and not _x11_answers():
        return f"No X server answers at DISPLAY={os.environ.get('DISPLAY', '')}. Start one, or correct DISPLAY."
    if platform == "wayland" and not _wayland_answers():
        return "No Wayland compositor answers at WAYLAND_DISPLAY. Correct it, or unset it to use X11."
    return None


def _x11_answers() -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # another Qt than the wheel's brings what it needs; let it try
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY") or "wayland-0"
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name  # an absolute name stays as it is
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
