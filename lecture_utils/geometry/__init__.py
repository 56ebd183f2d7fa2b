"""The arithmetic of layers: output sizes, receptive fields, parameters and multiplications."""

from lecture_utils.geometry.counts import count_macs, count_parameters
from lecture_utils.geometry.effective import effective_receptive_field
from lecture_utils.geometry.receptive import (
    LayerSpec,
    ReceptiveField,
    receptive_field,
    seen_pixels,
)
from lecture_utils.geometry.sizes import as_pair, output_size, padding_per_side

__all__ = [
    "LayerSpec",
    "ReceptiveField",
    "as_pair",
    "count_macs",
    "count_parameters",
    "effective_receptive_field",
    "output_size",
    "padding_per_side",
    "receptive_field",
    "seen_pixels",
]
