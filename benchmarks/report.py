"""What was measured, where and with what: the values that the table, the page and the JSON file are made from."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import msgspec
import torch


class Result(msgspec.Struct, frozen=True):
    """One contestant in one case. Times in milliseconds; `floor` is what its evaluations cost by themselves.

    `error` is relative: the gradient's against an exact one, or, where there is no gradient, the states'.
    """

    case: str
    contestant: str
    rounds: tuple[float, ...]
    median: float
    first: float
    alone: int
    with_pullback: int
    floor: float | None
    error: float

    @property
    def overhead(self) -> float | None:
        """How many times as long as its evaluations by themselves."""
        return self.median / self.floor if self.floor else None

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, relative to the median; 0 for a single round."""
        if len(self.rounds) < 2:
            return 0.0
        low, _, high = quantiles(self.rounds, n=4)
        return (high - low) / 2 / self.median


class Skipped(msgspec.Struct, frozen=True):
    """Who did not take part in what, and why."""

    case: str
    contestant: str
    reason: str


class Report(msgspec.Struct, frozen=True):
    """One run of the driver."""

    date: str
    machine: str
    device: str
    load: float
    versions: dict[str, str]
    rounds: int
    trained: bool
    results: tuple[Result, ...]
    skipped: tuple[Skipped, ...]

    def of(self, case: str, contestant: str) -> Result | None:
        return next((r for r in self.results if (r.case, r.contestant) == (case, contestant)), None)

    @property
    def cases(self) -> list[str]:
        """In the order they were run in."""
        return list(dict.fromkeys(result.case for result in self.results))


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def load() -> float:
    """How many processes wanted to run in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def machine() -> str:
    """The processor, as the system names it, and how many of them there are."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    name = named or platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}, {platform.system()}"


def device_name(device: torch.device) -> str:
    """The device as its maker calls it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
