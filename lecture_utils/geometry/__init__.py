"""The arithmetic of layers: output sizes, receptive fields, parameters and operations."""

from lecture_utils.geometry._counts import count_macs, count_parameters
from lecture_utils.geometry._effective import effective_receptive_field
from lecture_utils.geometry._receptive import receptive_field, seen_pixels
from lecture_utils.geometry._sizes import output_size, padding_per_side
from lecture_utils.geometry._types import LayerSpec, ReceptiveField

__all__ = [
    "LayerSpec",
    "ReceptiveField",
    "count_macs",
    "count_parameters",
    "effective_receptive_field",
    "output_size",
    "padding_per_side",
    "receptive_field",
    "seen_pixels",
]
