"""Which arithmetic suits the hardware."""

from __future__ import annotations

from typing import Literal

import torch


def best_precision(accelerator: str = "auto") -> Literal["bf16-mixed", "32-true"]:
    """Choose the arithmetic: bfloat16 where a GPU has it, else 32-bit floats.

    Parameters
    ----------
    accelerator : str
        As Lightning's Trainer takes it; "auto" and "gpu" and "cuda" mean an NVIDIA GPU if there is
        one.

    Returns
    -------
    {"bf16-mixed", "32-true"}
        A value for Trainer's ``precision``. Processors without matrix units for bfloat16 are
        faster, and more exact, with 32 bits.

    Examples
    --------
    >>> best_precision("cpu")
    '32-true'
    """
    bfloat16 = uses_cuda(accelerator) and torch.cuda.is_bf16_supported()
    return "bf16-mixed" if bfloat16 else "32-true"


def uses_cuda(accelerator: str = "auto") -> bool:
    """Tell whether Lightning would take an NVIDIA GPU.

    Parameters
    ----------
    accelerator : str
        As Lightning's Trainer takes it.

    Returns
    -------
    bool

    Examples
    --------
    >>> uses_cuda("cpu")
    False
    """
    return accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
