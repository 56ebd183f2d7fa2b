"""How much memory a step of training takes, counted and not measured: the same on every machine."""

import torch


def training_memory(model, shape):
    """Count the bytes that one step of training needs, with Adam and 32-bit floats.

    Weights and buffers; for all that learns also a gradient and Adam's two averages; and the activations that are kept
    for the backward pass, which freezing saves, too: what comes before the first layer that learns keeps none.

    Parameters
    ----------
    model : nn.Module
        Its frozen parameters are those with ``requires_grad=False``. It is not changed.
    shape : tuple of int
        Of a batch, such as (32, 3, 128, 128).

    Returns
    -------
    int
        Activations are counted on one picture and multiplied.

    Raises
    ------
    ValueError
        If the shape is none of a batch of pictures.

    Examples
    --------
    >>> training_memory(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)), (8, 3, 2, 2))
    592
    """
    if len(shape) != 4 or min(shape) < 1:
        raise ValueError(f"shape is {shape}; pass (pictures, channels, height, width)")
    modes = [(layer, layer.training) for layer in model.modules()]
    there = {tensor.data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in there:
            kept[storage.data_ptr()] = storage.nbytes()
            note.alive.append(tensor)  # so that no address is given to another tensor
        return tensor

    note.alive = []
    # In evaluation mode a single picture goes through batch normalization; what is kept has the same size.
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model.eval()
        model(torch.zeros(1, *shape[1:]))
    for layer, mode in modes:
        layer.training = mode
    constant = sum(4 * tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
    learning = sum(3 * 4 * p.numel() for p in model.parameters() if p.requires_grad)
    return constant + learning + shape[0] * sum(kept.values())
