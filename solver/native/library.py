"""Which kernels this process has: loaded, being built in the background, or not to be had, and why."""

from __future__ import annotations

import ctypes
import os
from threading import Lock, Thread

import torch

from solver.native.building import built_file, compile_kernel
from solver.native.compilers import BuildError
from solver.native.structures import declare

VARIABLE = "NODEVIZ_NATIVE"
"""Set to 0 in the environment, it keeps the kernel from being used."""


class Kernels:
    """The kernels of one process. A kernel that is not there yet is built by a thread; until then there is none."""

    def __init__(self) -> None:
        self.allowed = os.environ.get(VARIABLE, "1") != "0"
        self.recognising = True
        self.loaded: dict[torch.dtype, ctypes.CDLL] = {}
        self.troubles: dict[torch.dtype, str] = {}
        self._builds: dict[torch.dtype, Thread] = {}
        self._lock = Lock()

    def get(self, dtype: torch.dtype) -> ctypes.CDLL | None:
        """The kernel for numbers of `dtype`, if it may be used and is there. Asking for it gets it built."""
        if not self.allowed:
            return None
        kernel = self.loaded.get(dtype)
        if kernel is None and dtype not in self.troubles and dtype not in self._builds:
            with self._lock:
                self._begin(dtype)
            kernel = self.loaded.get(dtype)
        return kernel

    def wait(self, dtype: torch.dtype, seconds: float | None) -> bool:
        """Have the kernel built; whether it is there after so many seconds at most."""
        self.get(dtype)
        build = self._builds.get(dtype)
        if build is not None:
            build.join(seconds)
        return self.get(dtype) is not None

    def _begin(self, dtype: torch.dtype) -> None:
        if dtype in self.loaded or dtype in self.troubles or dtype in self._builds:
            return
        try:
            path = built_file(dtype == torch.float64)
        except BuildError as trouble:
            self.troubles[dtype] = str(trouble)
            return
        if path.exists():
            self._load(dtype, str(path))
            return
        build = Thread(target=self._build, args=(dtype,), name=f"native kernel, {dtype}", daemon=True)
        self._builds[dtype] = build
        build.start()

    def _build(self, dtype: torch.dtype) -> None:
        try:
            path = built_file(dtype == torch.float64)
            compile_kernel(path, dtype == torch.float64)
        except BuildError as trouble:
            self.troubles[dtype] = str(trouble)
            return
        self._load(dtype, str(path))

    def _load(self, dtype: torch.dtype, path: str) -> None:
        try:
            library = ctypes.CDLL(path)
            declare(library)
        except (OSError, AttributeError) as trouble:
            self.troubles[dtype] = f"The native kernel cannot be loaded: {trouble}"
            return
        self.loaded[dtype] = library


KERNELS = Kernels()


def allow(allowed: bool = True, *, modules: bool = True) -> None:
    """Whether solves of this process may use the native kernel, where it fits and is there.

    Without `modules`, only fields that describe themselves may, and any other module is solved in torch.
    """
    KERNELS.allowed, KERNELS.recognising = allowed, modules


def wait(seconds: float | None = None, dtype: torch.dtype = torch.float32) -> bool:
    """Have the kernel for numbers of `dtype` built, and wait for it; whether it can be used."""
    return KERNELS.wait(dtype, seconds)


def describe(dtype: torch.dtype = torch.float32) -> str:
    """One sentence: whether solves of networks on the CPU use the native kernel, and if not, why."""
    if not KERNELS.allowed:
        return "Networks are solved in torch: the native kernel is switched off."
    if KERNELS.get(dtype) is not None:
        return "Networks are solved by the native kernel."
    trouble = KERNELS.troubles.get(dtype)
    return f"Networks are solved in torch: {trouble or 'the native kernel is being built.'}"
