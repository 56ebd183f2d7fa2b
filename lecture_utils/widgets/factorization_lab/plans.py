"""The layers of a convolution and of what replaces it, and their costs."""

KINDS = ("asymmetric", "stacked", "bottleneck", "separable")


def layers(kind, kernel, inputs, outputs, middle):
    """Return (before, after): lists of (inputs, outputs, height, width, groups), one per layer."""
    full = [(inputs, outputs, kernel, kernel, 1)]
    if kind == "asymmetric":
        return full, [(inputs, outputs, 1, kernel, 1), (outputs, outputs, kernel, 1, 1)]
    if kind == "stacked":
        count = (kernel - 1) // 2
        return full, [(outputs if i else inputs, outputs, 3, 3, 1) for i in range(count)]
    if kind == "bottleneck":
        return full, [
            (inputs, middle, 1, 1, 1),
            (middle, middle, kernel, kernel, 1),
            (middle, outputs, 1, 1, 1),
        ]
    return full, [(inputs, inputs, kernel, kernel, inputs), (inputs, outputs, 1, 1, 1)]


def parameters(stack):
    """Count the weights of a stack without biases."""
    return sum(o * (i // groups) * h * w for i, o, h, w, groups in stack)


def receptive_field(stack):
    """Return (height, width) seen by one output; all strides are 1."""
    return 1 + sum(row[2] - 1 for row in stack), 1 + sum(row[3] - 1 for row in stack)


def modules(stack):
    """Build the stack as a ``torch.nn.Sequential`` without biases; its output keeps the size."""
    from torch import nn

    return nn.Sequential(
        *[
            nn.Conv2d(i, o, (h, w), padding=(h // 2, w // 2), groups=groups, bias=False)
            for i, o, h, w, groups in stack
        ]
    )
