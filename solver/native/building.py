"""The kernel's build: from which sources, into which file, kept where; and the compilation itself."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

from solver.native.compilers import TARGETS, WINDOWS, BuildError, compiler_at_hand

SOURCES = Path(__file__).parent / "kernel"
LONGEST = 300
"""Seconds after which a compiler is given up."""
COMPILE_AND_RENAME = """
import os, subprocess, sys
draft, target, *command = sys.argv[1:]
status = subprocess.run(command).returncode
if not status:
    os.replace(draft, target)
sys.exit(status)
"""
"""A process of its own renames what it compiled, also when the one that asked has ended: the next one then finds it."""
NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows, a compiler started by a program without a console would open one."""


def built_file(double: bool) -> Path:
    """Where the kernel is kept that the compiler and the processor at hand would make of these sources.

    Raises `BuildError` where there is no compiler or no place to keep it.
    """
    parts = [*compiler_at_hand().stamp(), processor(), *(path.read_text(encoding="utf-8") for path in _sources())]
    digest = hashlib.sha256("\0".join([*parts, str(double)]).encode()).hexdigest()[:24]
    return cache_folder() / f"kernel-{digest}{'.dll' if WINDOWS else '.so'}"


def compile_kernel(target: Path, double: bool) -> None:
    """Compile into `target`, which appears all at once. Raises `BuildError` with what the compiler said."""
    compiler, said = compiler_at_hand(), ""
    draft = target.with_suffix(f".{os.getpid()}.part")
    definitions = ("-DDOUBLE",) if double else ()
    try:
        for own in TARGETS:
            command = compiler.making(SOURCES / "kernel.c", draft, own, definitions)
            whole = [sys.executable, "-I", "-S", "-c", COMPILE_AND_RENAME, str(draft), str(target), *command]
            done = subprocess.run(
                whole, capture_output=True, text=True, timeout=LONGEST, check=False, creationflags=NO_CONSOLE
            )
            if done.returncode == 0 or target.exists():  # Windows replaces no library that another process has loaded
                return
            said = said or (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
    except (OSError, subprocess.SubprocessError) as trouble:
        said = str(trouble)
    finally:
        draft.unlink(missing_ok=True)
    raise BuildError(f"The C compiler did not build the native kernel: {said}")


def cache_folder() -> Path:
    """The folder of kernels, which only its user may write to. Raises `BuildError` where there is none such."""
    try:
        folder = _caches() / "nodeviz" / "native"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError) as trouble:
        raise BuildError(f"There is no folder to keep the native kernel in: {trouble}") from trouble
    if sys.platform != "win32" and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        raise BuildError(f"Others may write to {folder}, so no native kernel is loaded from there.")
    return folder


def _caches() -> Path:
    """The user's folder of what can be made again. On Windows, no one else may write to it."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@cache
def processor() -> str:
    """What the processor is and can do; a kernel built for one may stop another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
        told = [line for line in lines if line.split(":")[0].strip() in ("model name", "flags", "Features", "CPU part")]
        return "\n".join([platform.machine(), *told])
    except OSError:
        return "\n".join([platform.machine(), platform.processor(), platform.node()])


def _sources() -> list[Path]:
    return sorted(SOURCES.glob("*.[ch]"))
