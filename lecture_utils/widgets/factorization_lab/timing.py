"""Times of the convolutions before and after, measured where the demo is made."""

from lecture_utils.profiling import prediction_times, processor

from .plans import KINDS, layers, modules

_CASES = [(k, c, s) for k in (3, 5, 7) for c in (16, 64) for s in (14, 28, 56)]


def measure(repeats=15):
    """Time all kinds of factorization on this machine.

    Returns
    -------
    dict
        ``machine`` and ``rows``: lists of kind, kernel, channels, size, and the milliseconds before
        and after.
    """
    import torch

    rows = []
    for kernel, channels, size in _CASES:
        image = torch.zeros(1, channels, size, size)
        plans = [layers(kind, kernel, channels, channels, channels // 4) for kind in KINDS]
        before = _fastest(modules(plans[0][0]), image, repeats)
        for kind, (_, after) in zip(KINDS, plans, strict=True):
            spent = _fastest(modules(after), image, repeats)
            rows.append([kind, kernel, channels, size, before, spent])
    return {"machine": f"{processor()}, 1 thread, PyTorch {torch.__version__}", "rows": rows}


def _fastest(model, image, repeats):
    """Return the milliseconds of the fastest run: something else slowed down the others."""
    return round(1000 * prediction_times(model, image, repeats=repeats)[0], 4)
