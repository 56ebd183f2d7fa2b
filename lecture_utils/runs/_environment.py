"""The information about machine and code in a card."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lecture_utils.profiling import processor

PACKAGES = ("torch", "pytorch-lightning", "torchmetrics", "safetensors", "numpy")
# The code that determines the results of a run. Whole folders, so that no file can be forgotten;
# demos do not count.
SOURCES = (
    "_*",
    "augmentation",
    "data/tuning",
    "datasets",
    "filter_banks",
    "geometry",
    "models",
    "pretrained",
    "profiling.py",
    "runs",
    "statistics.py",
    "training",
    "transfer",
)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a run depends on."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages}


def hardware() -> dict[str, Any]:
    """Describe the processor and the GPU."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
    }


def code_version(sources: Sequence[str] = SOURCES) -> dict[str, Any]:
    """Return the commit, and whether the code that determines a run has changed since.

    Parameters
    ----------
    sources : sequence of str
        That code, as patterns of paths inside the package.

    Returns
    -------
    dict
        ``commit`` and ``changed_since``; both are None if the package is installed without its
        repository.
    """
    folder = Path(__file__).parents[1]
    try:
        # Git also searches the folders above: an environment may lie in somebody else's repository.
        _git(folder, "ls-files", "--error-unmatch", "runs/_environment.py")
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", *sources)
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "changed_since": None}
    return {"commit": commit, "changed_since": bool(changed)}


def _git(folder, *arguments):
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
