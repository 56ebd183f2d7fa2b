"""Weights in half precision, in a file that cannot hide code, checked before they are used."""

import hashlib

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from lecture_utils._atomic import replacing


def in_half_precision(network):
    """Give the network's state with 16-bit floats; counters stay what they are."""
    return {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous().clone()
        for name, value in network.state_dict().items()
    }


def save_weights(network, path):
    """Write the weights, whole or not at all, and give the file's checksum.

    Raises
    ------
    ValueError
        If a weight is no finite number as a 16-bit float.
    """
    state = in_half_precision(network)
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} does not fit into 16-bit floats (largest: 65504)")
    with replacing(path) as temporary:
        save_file(state, temporary)
    return checksum(path)


def load_weights(network, path, expected_checksum):
    """Read weights into a network, after checking the file against card and network.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, or made for another network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; restore it or train the run again")
    if checksum(path) != expected_checksum:
        raise ValueError(
            f"{path} is damaged: its checksum is not the one on the card; restore it or train again"
        )
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file ({error}); restore it") from error
    expected = in_half_precision(network)
    if state.keys() != expected.keys():
        names = sorted(state.keys() ^ expected.keys())
        raise ValueError(f"{path} was made for another network: {names} are in only one of them")
    for name, value in state.items():
        for what in ("shape", "dtype"):
            found, wanted = getattr(value, what), getattr(expected[name], what)
            if found != wanted:
                raise ValueError(f"{path}: {name} has {what} {found} instead of {wanted}")
    network.load_state_dict(state)
    return network


def checksum(path):
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
