"""The kernel's build: which compiler, with which flags, into which file; and the compilation itself."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent / "kernel"
TARGETS = (("-march=native",), ("-mcpu=native",), ())
"""How compilers are told to use all that this processor has, in the order in which it is tried."""
FLAGS = (
    *("-std=gnu11", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
    *("-shared", "-fPIC", "-fvisibility=hidden", "-w"),
)
"""Nothing of -ffast-math that would lose a NaN or an infinity."""
LONGEST = 300
"""Seconds after which a compiler is given up."""


class BuildError(Exception):
    """Why there is no kernel, in a sentence."""


def built_file(double: bool) -> Path:
    """Where the kernel is kept that the compiler and the processor at hand would make of these sources.

    Raises `BuildError` where there is no compiler or no place to keep it.
    """
    if os.name != "posix":
        raise BuildError(f"The native kernel is not built on {platform.system()}.")
    parts = [*_compiler(), *FLAGS, *_stamp(_compiler()[0]), processor(), *(path.read_text() for path in _sources())]
    digest = hashlib.sha256("\0".join([*parts, str(double)]).encode()).hexdigest()[:24]
    return cache_folder() / f"kernel-{digest}.so"


def compile_kernel(target: Path, double: bool) -> None:
    """Compile into `target`, which appears all at once. Raises `BuildError` with what the compiler said."""
    draft = target.with_suffix(f".{os.getpid()}.part")
    said = ""
    try:
        for own in TARGETS:
            command = [*_compiler(), *FLAGS, *own, *(["-DDOUBLE"] if double else [])]
            command += [str(SOURCES / "kernel.c"), "-o", str(draft), "-lm"]
            # a shell renames it, and so does even when this process ends before: the next one then finds it
            renaming = ["sh", "-c", 'draft=$1 target=$2; shift 2; "$@" && mv -f "$draft" "$target"', "sh"]
            whole = [*renaming, str(draft), str(target), *command]
            done = subprocess.run(whole, capture_output=True, text=True, timeout=LONGEST, check=False)
            if done.returncode == 0:
                return
            said = said or (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
    except (OSError, subprocess.SubprocessError) as trouble:
        said = str(trouble)
    finally:
        draft.unlink(missing_ok=True)
    raise BuildError(f"The C compiler did not build the native kernel: {said}")


def cache_folder() -> Path:
    """The folder of kernels, which only its user may write to. Raises `BuildError` where there is none such."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "nodeviz" / "native"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError) as trouble:
        raise BuildError(f"There is no folder to keep the native kernel in: {trouble}") from trouble
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise BuildError(f"Others may write to {folder}, so no native kernel is loaded from there.")
    return folder


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


def _compiler() -> list[str]:
    """The command of the C compiler."""
    asked = shlex.split(os.environ.get("CC", ""))
    if asked:
        found = shutil.which(asked[0])
        if found is None:
            raise BuildError(f"The environment's CC names {asked[0]}, which is not there.")
        return [found, *asked[1:]]
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found is not None:
            return [found]
    raise BuildError("There is no C compiler (cc, gcc, clang, or what CC names) to build the native kernel with.")


def _stamp(compiler: str) -> tuple[str, str]:
    """Which compiler it is, without running it: what its file is, how large and how old."""
    path = Path(compiler).resolve()
    status = path.stat()
    return (str(path), f"{status.st_size} {status.st_mtime_ns}")
