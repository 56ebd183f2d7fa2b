"""What importing a part of the package loads, because a bare cluster node has no Jupyter."""

import json
import subprocess
import sys

import pytest

WIDGETS = {"IPython", "anywidget", "ipywidgets"}
HEAVY = {*WIDGETS, "matplotlib", "scipy", "skimage", "sklearn", "torch", "torchvision"}


KERNEL = {*WIDGETS, "ipykernel", "jupyter_client", "traitlets"}

#: Modules in the order in which a process imports them, and what none of those so far may load.
#: Few processes, because torch and Lightning take seconds.
LIMITS = {
    "training": [
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
        (["models._efficientnet_lite", "interpretation", "runs._record"], HEAVY - {"torch"}),
        (["models"], WIDGETS | {"matplotlib", "torchvision"}),
        (["training", "runs._callbacks"], KERNEL),
    ],
    "filter_banks": [(["filter_banks", "filter_banks._gabor"], HEAVY - {"scipy"})],
}

IMPORT = """
import importlib, json, sys
loaded = {}
for name in sys.argv[1:]:
    importlib.import_module(name if name == "lecture_utils" else f"lecture_utils.{name}")
    loaded[name] = sorted({module.split(".")[0] for module in sys.modules})
print(json.dumps(loaded))
"""


@pytest.mark.slow
@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_they_load_no_more_than_they_need(limits):
    unwanted = {name: unwanted for modules, unwanted in limits for name in modules}
    job = subprocess.run(
        [sys.executable, "-c", IMPORT, *unwanted], capture_output=True, text=True, check=True
    )
    loaded = json.loads(job.stdout)
    assert loaded.keys() == unwanted.keys()
    # In the order of the imports, so that the first one named is the culprit.
    assert {name: found for name in loaded if (found := unwanted[name] & set(loaded[name]))} == {}
