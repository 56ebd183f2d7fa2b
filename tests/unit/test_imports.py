"""What importing a part of the package loads, because a bare cluster node has no Jupyter."""

import json
import subprocess
import sys

import pytest

WIDGETS = {"IPython", "anywidget", "ipywidgets"}
HEAVY = {*WIDGETS, "matplotlib", "scipy", "skimage", "sklearn", "torch", "torchvision"}


KERNEL = {*WIDGETS, "ipykernel", "jupyter_client", "traitlets"}

#: Modules, and what none of them may load. Those of a line share a process: torch takes seconds.
LIMITS = [
    (["lecture_utils"], {*HEAVY, "numpy"}),
    (
        [
            "convolution",
            "evidence",
            "exercises",
            "geometry",
            "datasets",
            "pretrained",
            "runs",
            "widgets",
        ],
        HEAVY,
    ),
    (["filter_banks", "filter_banks._gabor"], HEAVY - {"scipy"}),
    (["models._efficientnet_lite", "interpretation", "runs._record"], HEAVY - {"torch"}),
    (["models"], WIDGETS | {"matplotlib", "torchvision"}),
    (["training", "runs._callbacks"], KERNEL),
]

IMPORT = """
import importlib, json, sys
loaded = {}
for name in sys.argv[1:]:
    importlib.import_module(name if name == "lecture_utils" else f"lecture_utils.{name}")
    loaded[name] = sorted({module.split(".")[0] for module in sys.modules})
print(json.dumps(loaded))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("modules", "unwanted"), LIMITS, ids=[limit[0][0] for limit in LIMITS])
def test_they_load_no_more_than_they_need(modules, unwanted):
    job = subprocess.run(
        [sys.executable, "-c", IMPORT, *modules], capture_output=True, text=True, check=True
    )
    loaded = json.loads(job.stdout)
    assert list(loaded) == modules
    # In the order of the imports, so that the first one named is the culprit.
    assert {name: found for name in modules if (found := unwanted & set(loaded[name]))} == {}
