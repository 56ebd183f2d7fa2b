"""Times of the convolutions before and after, measured where the demo is made."""

import platform
import time
from pathlib import Path

from .plans import KINDS, layers, modules

_CASES = [(k, c, s) for k in (3, 5, 7) for c in (16, 64) for s in (14, 28, 56)]


def measure(repeats=15):
    """Return {"machine": str, "rows": [[kind, kernel, channels, size, before ms, after ms], ...]}."""
    import torch

    threads = torch.get_num_threads()
    # Two threads wait for each other when another program has one of the cores.
    torch.set_num_threads(1)
    try:
        rows = _rows(torch, repeats)
    finally:
        torch.set_num_threads(threads)
    return {"machine": f"{_processor()}, 1 thread, PyTorch {torch.__version__}", "rows": rows}


def _rows(torch, repeats):
    rows = []
    with torch.inference_mode():
        for kernel, channels, size in _CASES:
            image = torch.zeros(1, channels, size, size)
            plans = [layers(kind, kernel, channels, channels, channels // 4) for kind in KINDS]
            before = _fastest(modules(plans[0][0]), image, repeats)
            for kind, (_, after) in zip(KINDS, plans, strict=True):
                spent = _fastest(modules(after), image, repeats)
                rows.append([kind, kernel, channels, size, before, spent])
    return rows


def _fastest(network, image, repeats):
    """Milliseconds of the fastest run: what is slower was disturbed by something else."""
    network(image)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        network(image)
        times.append(time.perf_counter() - start)
    return round(1000 * min(times), 4)


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
