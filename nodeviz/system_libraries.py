"""Which shared libraries of the system Qt needs here and does not find, and which packages bring them.

Run as `python -m nodeviz.system_libraries [PLATFORM]`, it prints the missing Debian packages, one a line.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """What brings a library, by its name at Debian (and Ubuntu) and at Fedora."""

    debian: str
    fedora: str


PACKAGES = {
    "libEGL.so.1": Package("libegl1", "libglvnd-egl"),
    "libGL.so.1": Package("libgl1", "libglvnd-glx"),
    "libGLX.so.0": Package("libgl1", "libglvnd-glx"),
    "libOpenGL.so.0": Package("libopengl0", "libglvnd-opengl"),
    "libX11.so.6": Package("libx11-6", "libX11"),
    "libX11-xcb.so.1": Package("libx11-xcb1", "libX11-xcb"),
    "libdbus-1.so.3": Package("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": Package("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": Package("libfreetype6", "freetype"),
    "libglib-2.0.so.0": Package("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": Package("libglib2.0-0", "glib2"),
    "libwayland-client.so.0": Package("libwayland-client0", "libwayland-client"),
    "libwayland-cursor.so.0": Package("libwayland-cursor0", "libwayland-cursor"),
    "libwayland-egl.so.1": Package("libwayland-egl1", "libwayland-egl"),
    "libxcb.so.1": Package("libxcb1", "libxcb"),
    "libxcb-cursor.so.0": Package("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": Package("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": Package("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": Package("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": Package("libxcb-randr0", "libxcb"),
    "libxcb-render.so.0": Package("libxcb-render0", "libxcb"),
    "libxcb-render-util.so.0": Package("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": Package("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": Package("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": Package("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": Package("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": Package("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": Package("libxcb-xkb1", "libxcb"),
    "libxkbcommon.so.0": Package("libxkbcommon0", "libxkbcommon"),
    "libxkbcommon-x11.so.0": Package("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libz.so.1": Package("zlib1g", "zlib"),
}

_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_FIRST_WORD = re.compile(r"^([\w.+-]+\.so[\w.]*):")


def missing_libraries(platform: str) -> tuple[str, ...]:
    """The libraries that Qt's `platform` plugin (xcb, wayland, offscreen …) lacks here; () when it would load.

    Loading the plugin ahead of Qt is the only way to know: Qt aborts the process where this only fails. Empty also
    where the question has no meaning: not on Linux, or without PySide6 from its own wheel.
    """
    plugin = platform_plugin(platform)
    if plugin is None:
        return ()
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return _not_found(plugin) or (library_named_in(str(error)) or str(error),)
    return ()


def platform_plugin(platform: str) -> Path | None:
    """The file of Qt's platform plugin, or None where there is no such file to ask."""
    if not sys.platform.startswith("linux"):
        return None
    found = importlib.util.find_spec("PySide6")
    places = [Path(root) / "Qt/plugins/platforms" for root in (found.submodule_search_locations or ())] if found else []
    chosen = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH")
    files = (folder / f"libq{platform}.so" for folder in ([Path(chosen)] if chosen else []) + places)
    return next((file for file in files if file.is_file()), None)


def packages_of(libraries: Iterable[str]) -> tuple[Package, ...]:
    """The packages that bring `libraries`, each once; a library of unknown origin stands under its own name."""
    return tuple(dict.fromkeys(PACKAGES.get(library, Package(library, library)) for library in libraries))


def how_to_install(libraries: Sequence[str]) -> str:
    """One sentence with the command for Debian and the one for Fedora."""
    packages = packages_of(libraries)
    debian = " ".join(dict.fromkeys(package.debian for package in packages))
    fedora = " ".join(dict.fromkeys(package.fedora for package in packages))
    return f"Install with `apt install {debian}` (Debian, Ubuntu) or `dnf install {fedora}` (Fedora)."


def library_named_in(message: str) -> str | None:
    """The library that the dynamic linker's error `message` is about, if it is about one."""
    named = _FIRST_WORD.match(message)
    return named.group(1) if named else None


def _not_found(plugin: Path) -> tuple[str, ...]:
    """All that the dynamic linker misses at once, where `ldd` is there to be asked."""
    try:
        listed = subprocess.run(["ldd", str(plugin)], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(dict.fromkeys(_NOT_FOUND.findall(listed.stdout)))


def main(arguments: Sequence[str]) -> int:
    """Print what `apt-get install` needs for each platform named (offscreen when none is)."""
    missing = [library for platform in arguments or ("offscreen",) for library in missing_libraries(platform)]
    for name in dict.fromkeys(package.debian for package in packages_of(missing)):
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
