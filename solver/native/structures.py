"""What goes into the kernel and comes out of it, laid out as in C."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_double, c_int, c_int64, c_void_p


class LayerPlaces(Structure):
    """kernel/network.h, LayerPlaces."""

    _fields_ = [
        (name, c_int64)
        for name in (
            "inputs",
            "outputs",
            "weight",
            "row",
            "bias",
            "time",
            "time_row",
            "gate",
            "gate_bias",
            "shift",
        )
    ]


class NetworkPlaces(Structure):
    """kernel/network.h, NetworkPlaces."""


class MakingPlaces(Structure):
    """kernel/network.h, MakingPlaces."""

    _fields_ = [
        *((name, c_int64) for name in ("kind", "known", "made", "pieces", "terms", "width", "entries")),
        ("span", c_double),
        ("sizes", POINTER(c_int64)),
        ("network", POINTER(NetworkPlaces)),
    ]


NetworkPlaces._fields_ = [
    *((name, c_int64) for name in ("layers", "activation", "cubed")),
    *((name, c_double) for name in ("trace", "gradient")),
    ("places", POINTER(LayerPlaces)),
    ("making", POINTER(MakingPlaces)),
]


class Tableau(Structure):
    """kernel/method.h, Tableau."""

    _fields_ = [
        *((name, c_int64) for name in ("stages", "all_stages", "advancing", "handed_on", "estimates", "dense_rows")),
        ("error_order", c_int64),
        *((name, POINTER(c_double)) for name in ("c", "a", "b", "errors", "dense")),
    ]


class Rules(Structure):
    """kernel/control.h, Rules."""

    _fields_ = [
        *((name, c_int64) for name in ("adaptive", "norm", "max_steps")),
        *((name, c_double) for name in ("rtol", "atol", "dt", "min_step", "max_step", "first_error")),
        *((name, c_double) for name in ("beta1", "beta2", "beta3", "safety", "min_factor", "max_factor")),
    ]


class Summary(Structure):
    """kernel/kernel.c, Summary. `attempts` is the address of four doubles for each attempted step."""

    _fields_ = [
        ("run", c_void_p),
        ("attempts", c_void_p),
        *((name, c_int64) for name in ("attempted", "evaluations", "reached", "status")),
    ]


LOOK_UP = CFUNCTYPE(c_int)
"""kernel/run.h, LookUp."""

NUMBERS_OF_AN_ATTEMPT = 4
"""t, dt, the error ratio, and 1 where it was accepted."""


def declare(library: ctypes.CDLL) -> None:
    """Tell the library's functions what they take and return."""
    address = c_void_p
    solve = library.nodeviz_solve
    solve.restype = address
    solve.argtypes = [
        *(POINTER(kind) for kind in (NetworkPlaces, Tableau, Rules)),
        *(address, address, address, c_int64, address, c_int64, c_int64, LOOK_UP, address),
        POINTER(Summary),
    ]
    library.nodeviz_pull_back.restype = c_int64
    library.nodeviz_pull_back.argtypes = [address, address, address, address, c_int64]
    library.nodeviz_release.restype = None
    library.nodeviz_release.argtypes = [address]
    library.nodeviz_probe.restype = None
    library.nodeviz_probe.argtypes = [c_int64, c_int64, *[address] * 5]
