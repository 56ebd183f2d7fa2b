"""Weights in half precision, in a file that cannot hide code and is verified before use."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lecture_utils._atomic import replacing
from lecture_utils.runs import _legacy


def in_half_precision(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's state with 16-bit floats; integers stay integers."""
    return {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous().clone()
        for name, value in model.state_dict().items()
    }


def save_weights(model: nn.Module, path: Path) -> str:
    """Write the weights, completely or not at all, and return the file's checksum.

    Raises
    ------
    ValueError
        If a weight is not finite as a 16-bit float.
    """
    state = in_half_precision(model)
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} does not fit into 16-bit floats (largest: 65504)")
    with replacing(path) as temporary:
        save_file(state, temporary)
    return checksum(path)


def load_weights(model: nn.Module, path: Path, expected_checksum: str) -> nn.Module:
    """Read weights into a model, after checking the file against card and model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, or has the weights of another model.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; restore it or train the run again")
    if checksum(path) != expected_checksum:
        raise ValueError(
            f"{path} is damaged: its checksum is not the one on the card; restore it or train again"
        )
    try:
        state = _legacy.weights(load_file(path))
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file ({error}); restore it") from error
    expected = in_half_precision(model)
    if state.keys() != expected.keys():
        names = sorted(state.keys() ^ expected.keys())
        raise ValueError(
            f"{path} has the weights of another model: {names} are in only one of them"
        )
    for name, value in state.items():
        for what in ("shape", "dtype"):
            ours, theirs = getattr(expected[name], what), getattr(value, what)
            if ours != theirs:
                raise ValueError(f"{path}: {name} has {what} {theirs} instead of {ours}")
    model.load_state_dict(state)
    return model


def checksum(path: Path) -> str:
    """Compute the SHA-256 checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
