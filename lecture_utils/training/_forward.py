"""Run a user's model: bytes or floats of any precision, in the memory layout that suits it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lecture_utils._inspect import Snapshot
from lecture_utils._validation.batches import as_model_dtype, is_out_of_memory, run_model
from lecture_utils.training._data_modules import channels_first, to_unit_range

#: Layers that do something else in training than in prediction, whether their parameters are
#: trained or not.
CHANGEABLE = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)

# Models that failed with the channels last, as ``x.view(len(x), -1)`` does, or would give something
# else, as ``x.as_strided(...)`` does.
_CONTIGUOUS: WeakSet[nn.Module] = WeakSet()
# Models that have once been seen not to read memory by strides of their own.
_WATCHED: WeakSet[nn.Module] = WeakSet()


def apply_model(model: nn.Module, inputs: Tensor) -> Any:
    """Run a model on a batch as it comes from a data set.

    Convolutions are fastest with the channels last in memory. A model that cannot work so, because
    it calls ``view`` on a feature map, gets ordinary memory instead: a failed attempt is undone
    (statistics of batch normalization and random numbers included) and repeated. What a model says
    that fails in both ways is what it says on ordinary memory. One that calls ``as_strided`` when
    it runs for the first time also gets ordinary memory: it would not fail, but mean other values.

    Parameters
    ----------
    model : nn.Module
        In the mode and on the device where it is to run. If it cannot work with the channels last,
        its weights are laid out in the ordinary way.
    inputs : tensor of uint8 or float, shape (N, ...)
        Bytes become floats from 0 to 1; floats get the type of the model's weights.

    Returns
    -------
    Whatever the model returns.

    Raises
    ------
    ValueError
        If the model cannot take the inputs.
    """
    inputs = as_model_dtype(model, to_unit_range(inputs))
    if inputs.ndim != 4:
        return run_model(model, inputs)
    if model in _CONTIGUOUS:
        return run_model(model, channels_first(inputs))
    channels_last = inputs.contiguous(memory_format=torch.channels_last)
    before = Snapshot(model)
    # Compiled code is not watched: it would be compiled once more.
    first_time = model not in _WATCHED and not hasattr(model, "_orig_mod")
    try:
        with _Watch() if first_time else nullcontext() as watch:
            # A copy, because the first layer may work in place.
            outputs = model(channels_last.clone())
    except Exception as error:  # whatever a model's own checks raise
        if is_out_of_memory(error):
            raise
    else:
        if watch is None or not watch.reads_memory:
            _WATCHED.add(model)
            return outputs
    before.restore()
    lay_out(model, torch.contiguous_format)
    outputs = run_model(model, channels_first(inputs))
    _CONTIGUOUS.add(model)
    return outputs


class _Watch(TorchFunctionMode):
    """Notes whether a tensor is read by strides of the caller's own."""

    reads_memory = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.reads_memory |= func in _BY_STRIDES
        return func(*args, **(kwargs or {}))


_BY_STRIDES = (torch.as_strided, Tensor.as_strided, Tensor.as_strided_)


def use_channels_last(model: nn.Module) -> None:
    """Lay out a model's weights as convolutions are fastest, unless the model cannot work so."""
    if model not in _CONTIGUOUS:
        lay_out(model, torch.channels_last)


def lay_out(model: nn.Module, memory_format: torch.memory_format) -> None:
    """Change the memory layout of a model's weights, if they have sizes already."""
    if any(nn.parameter.is_lazy(parameter) for parameter in model.parameters()):
        return
    # Weights that are copied in inference mode could not be trained any more.
    with torch.inference_mode(False):
        model.to(memory_format=memory_format)
