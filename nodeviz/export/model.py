"""The model file: opens again in nodeviz, and its weights in anything that reads safetensors."""

from nodeviz.export.format import Exported, Format
from nodeviz.library.model_file import SUFFIX, encode_model


def _encode(exported: Exported) -> bytes:
    return encode_model(exported.model)


MODEL = Format(
    name="model",
    label="Model",
    suffix=SUFFIX,
    sentence="Weights and experiment in one file; opens again in nodeviz and in anything that reads safetensors.",
    encode=_encode,
)
