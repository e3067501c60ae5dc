"""How columns of numbers become the bytes of a CSV or an NPZ file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def csv_bytes(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """One row a line under a line of names. Numbers keep every digit; columns have one length."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return text.getvalue().encode()


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """A compressed NPZ of the named arrays; equal arrays give equal bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
