"""Time as one more feature beside the state's."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.fields.conditioning.conditioning import TIME_AS_TENSOR, Affine, Array, Conditioning, Parts, Source, Start
from nodeviz.fields.conditioning.still import Still
from nodeviz.fields.layout import Slot

_JOINED = "        h = torch.cat([h, t.expand(*h.shape[:-1], 1)], dim=-1)\n"


class Concat(Conditioning):
    """As plain layers, of which the first has a last column that multiplies t: a bias that moves with time."""

    def layout(self) -> tuple[Slot, ...]:
        return self._plain.layout()

    def initial(self, start: Start) -> Iterator[Array]:
        return self._plain.initial(start)

    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        (weight, bias), *rest = self._plain.layers_at(parts, t)
        return [Affine(weight[:, :-1], bias + weight.dtype.type(t) * weight[:, -1]), *rest]

    def source(self) -> Source:
        plain = self._plain.source()
        return plain._replace(body=TIME_AS_TENSOR + _JOINED + plain.body)

    @property
    def _plain(self) -> Still:
        return Still((self.sizes[0] + 1, *self.sizes[1:]))
