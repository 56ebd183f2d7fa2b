"""The best number format for the hardware."""

from __future__ import annotations

from typing import Literal

import torch


def best_precision(accelerator: str = "auto") -> Literal["bf16-mixed", "16-mixed", "32-true"]:
    """Choose the precision: 16 bits where a GPU is fast with them, otherwise 32-bit floats.

    Parameters
    ----------
    accelerator : str
        As for Lightning's Trainer; "auto", "gpu" and "cuda" mean an NVIDIA GPU if there is one.

    Returns
    -------
    {"bf16-mixed", "16-mixed", "32-true"}
        A value for Trainer's ``precision``: bfloat16 on a GPU that supports it (NVIDIA A100 and
        later), float16 with a scaled loss on older ones (such as the T4). CPUs without matrix
        units for bfloat16 are faster, and more exact, with 32 bits.

    Examples
    --------
    >>> best_precision("cpu")
    '32-true'
    """
    if not uses_cuda(accelerator):
        return "32-true"
    # Older GPUs emulate bfloat16: this is slow, and cuDNN has no convolutions for it.
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if native else "16-mixed"


def uses_cuda(accelerator: str = "auto") -> bool:
    """Return whether Lightning would use an NVIDIA GPU.

    Parameters
    ----------
    accelerator : str
        As for Lightning's Trainer.

    Returns
    -------
    bool

    Examples
    --------
    >>> uses_cuda("cpu")
    False
    """
    return accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
