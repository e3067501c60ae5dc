"""Which C compiler there is to build the kernel with, and how it is told what to make."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

WINDOWS = sys.platform == "win32"
TARGETS = (("-march=native",), ("-mcpu=native",), ())
"""How compilers are told to use all that this processor has, in the order in which it is tried."""
FLAGS = (
    *("-std=gnu11", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
    *("-shared", "-fPIC", "-fvisibility=hidden", "-w"),
)
"""Nothing of -ffast-math that would lose a NaN or an infinity."""
APPLE_TOOLS = (Path("/Library/Developer/CommandLineTools"), Path("/Applications/Xcode.app"))
"""Without any of these, macOS has a cc that compiles nothing and asks its user to install them."""
USABLE = not WINDOWS and (sys.platform != "darwin" or any(tools.exists() for tools in APPLE_TOOLS))
"""Not on Windows: gcc does not align the stack there as vectors need it (its bug 54412), and clang needs the libraries
of another compiler."""
INSTALLED = ("cc", "gcc", "clang") if USABLE else ()
"""What a machine may bring."""
PACKAGE = "ziglang"
"""A package from PyPI that is clang with all that it needs, for machines that bring no compiler."""


class BuildError(Exception):
    """Why there is no kernel, in a sentence."""


class Compiler(NamedTuple):
    """The command of a C compiler, its own file first."""

    command: tuple[str, ...]

    def making(self, source: Path, target: Path, own: tuple[str, ...], definitions: tuple[str, ...]) -> list[str]:
        """The command that compiles `source` into the library `target`."""
        return [*self.command, *FLAGS, *own, *definitions, str(source), "-o", str(target), "-lm"]

    def stamp(self) -> tuple[str, ...]:
        """Which compiler it is, without running it: its command and flags, its file's size and age."""
        path = Path(self.command[0]).resolve()
        status = path.stat()
        return (*self.command, *FLAGS, str(path), f"{status.st_size} {status.st_mtime_ns}")


def compiler_at_hand() -> Compiler:
    """What CC names in the environment; else the machine's own; else that of the package. Raises `BuildError`."""
    asked = shlex.split(os.environ.get("CC", ""), posix=not WINDOWS)
    if asked:
        found = shutil.which(asked[0])
        if found is None:
            raise BuildError(f"The environment's CC names {asked[0]}, which is not there.")
        return Compiler((found, *asked[1:]))
    for name in INSTALLED:
        found = shutil.which(name)
        if found is not None:
            return Compiler((found,))
    packaged = _packaged()
    if packaged is not None:
        return packaged
    looked_for = ", ".join([*INSTALLED, "what CC names"])
    raise BuildError(
        f"There is no C compiler ({looked_for}) to build the native kernel with; `pip install {PACKAGE}` brings one."
    )


def _packaged() -> Compiler | None:
    """The package's compiler, where it is installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).with_name("zig.exe" if WINDOWS else "zig")
    return Compiler((str(program), "cc")) if program.is_file() else None
