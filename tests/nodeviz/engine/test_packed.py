"""Arrays on the wire: what travels, and what is refused."""

import numpy as np
import pytest

from nodeviz.engine.packed import Array, pack, unpack


def test_a_transposed_array_arrives_as_it_is_indexed():
    array = np.arange(12.0).reshape(3, 4).T
    assert (unpack(pack(array)) == array).all()


def test_only_numbers_travel():
    with pytest.raises(ValueError, match="Only arrays of numbers travel"):
        pack(np.array(["a"], object))


@pytest.mark.parametrize(
    "array",
    [
        Array("<f8", (3,), b"1234"),
        Array("<f8", (-1,), b"12345678"),
        Array("O", (1,), b"12345678"),
        Array("no such dtype", (1,), b"12345678"),
    ],
)
def test_an_array_whose_bytes_do_not_fit_is_refused(array):
    with pytest.raises(ValueError, match="array"):
        unpack(array)
