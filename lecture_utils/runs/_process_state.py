"""Leave the process in which a run is trained as it was."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# Lightning sets these: the first two with the seed, the third with the deterministic mode.
_VARIABLES = ("PL_GLOBAL_SEED", "PL_SEED_WORKERS", "CUBLAS_WORKSPACE_CONFIG")


@contextmanager
def kept_process_state() -> Iterator[None]:
    """Undo what a training run sets, even after an error.

    That is the state of the random generators of Python, NumPy and PyTorch, the number of threads,
    the deterministic mode, cuDNN's benchmark mode, and Lightning's environment variables.
    """
    environment = {name: os.environ.get(name) for name in _VARIABLES}
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    python_state, numpy_state = random.getstate(), np.random.get_state()
    # Asking for the state of a GPU would initialize CUDA, and forked processes could not use it.
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        torch.backends.cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
