"""What importing a part of the package loads, because a bare cluster node has no Jupyter."""

import subprocess
import sys

import pytest

WIDGETS = {"IPython", "anywidget", "ipywidgets"}
HEAVY = {*WIDGETS, "matplotlib", "scipy", "skimage", "sklearn", "torch", "torchvision"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("lecture_utils", {*HEAVY, "numpy"}),
        ("lecture_utils.convolution", HEAVY),
        ("lecture_utils.datasets", HEAVY),
        ("lecture_utils.exercises", HEAVY),
        ("lecture_utils.geometry", HEAVY),
        ("lecture_utils.filter_banks._gabor", HEAVY - {"scipy"}),
        ("lecture_utils.filter_banks", HEAVY - {"scipy"}),
        ("lecture_utils.models._efficientnet_lite", HEAVY - {"torch"}),
        ("lecture_utils.interpretation", HEAVY - {"torch"}),
        ("lecture_utils.pretrained", HEAVY),
        ("lecture_utils.models", WIDGETS | {"matplotlib", "torchvision"}),
        ("lecture_utils.training", {*WIDGETS, "ipykernel", "jupyter_client", "traitlets"}),
        ("lecture_utils.runs", HEAVY),
        ("lecture_utils.runs._record", HEAVY - {"torch"}),
        ("lecture_utils.runs._callbacks", {*WIDGETS, "ipykernel", "jupyter_client", "traitlets"}),
        ("lecture_utils.widgets", HEAVY),
    ],
)
def test_it_loads_no_more_than_it_needs(module, unwanted):
    code = f"import sys, {module}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert unwanted.isdisjoint(loaded.stdout.split())
