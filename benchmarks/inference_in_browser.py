"""Milliseconds per digit: our network on the page, onnxruntime-web, and PyTorch.

    python benchmarks/inference_in_browser.py [--run NAME] [--batches N] [--json FILE]

All three run the same recorded network at batch size 1 on the same machine, taking turns: a hundred
test images each, one after the other, like strokes in the demo. Times are per image.

- Ours is the code that the demo DrawADigit runs on every stroke: `network.run`, with the weights
  that come with the page, keeping the activations of all layers. Once with WebAssembly SIMD, once
  in plain JavaScript.
- onnxruntime-web gets the same weights as an ONNX file (see `_onnx.py`) and runs `session.run` with
  its WebAssembly backend, one thread, as on any page that is not cross-origin isolated, such as a
  book on a static host. It comes from npm.
- PyTorch runs `model(x)` in inference mode with its default number of threads.

Then all test images go through our network: its predictions and logits are compared with PyTorch's.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from _common import ROOT, Host, chromium, describe_machine, npm_package, verdict
from _onnx import export
from playwright.sync_api import sync_playwright

from lecture_utils import datasets
from lecture_utils.widgets import DrawADigit

RUNTIME = ("onnxruntime-web", "1.30.0")
AT_ONCE = 100
WARM_UP = 3
LARGEST_TIME = 5.0  # ms
LARGEST_DIFFERENCE = 1e-3

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>inference</title>
<link rel="icon" href="data:,">"""

SET_UP = """
async ({ description }) => {
  const { makeNetwork } = await import("./shared/network.js");
  const { readFloats } = await import("./shared/float16.js");
  const ort = await import("./ort/ort.wasm.min.mjs");
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const weights = readFloats(await bytes("weights"), description.precision);
  const images = new Float32Array((await bytes("images")).buffer);
  const start = (i) => 784 * (i % (images.length / 784));
  const image = (i) => images.subarray(start(i), start(i) + 784);

  ort.env.wasm.wasmPaths = new URL("./ort/", location).href;
  ort.env.wasm.numThreads = 1;
  const options = { executionProviders: ["wasm"] };
  const session = await ort.InferenceSession.create(await bytes("model.onnx"), options);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const theirs = async (i) => {
    const tensor = new ort.Tensor("float32", image(i), [1, 1, 28, 28]);
    return (await session.run({ [input]: tensor }))[output].data;
  };
  const networks = [true, false].map((simd) => makeNetwork(description, weights, { simd }));
  const [ours, plain] = networks.map((network) => (i) => network.run(image(i)));
  window.ways = { ours, plain, theirs };
  window.time = async (way, first, count) => {
    const run = ways[way];
    const start = performance.now();
    if (way === "theirs") for (let i = first; i < first + count; i += 1) await run(i);
    else for (let i = first; i < first + count; i += 1) run(i);
    return (performance.now() - start) / count;
  };
  window.logits = async (way, first, count) => {
    const all = [];
    for (let i = first; i < first + count; i += 1) all.push(...(await ways[way](i)));
    return all;
  };
  return networks.map(({ engine }) => engine);
}
"""

NAMES = {
    "ours": "on the page, WebAssembly",
    "plain": "on the page, JavaScript",
    "theirs": f"onnxruntime-web {RUNTIME[1]}",
    "torch": f"PyTorch {torch.__version__}",
}


def time_torch(model, images, first):
    """Return the milliseconds per image, one image at a time."""
    with torch.inference_mode():
        start = time.perf_counter()
        for i in range(first, first + AT_ONCE):
            place = i % len(images)
            model(images[place : place + 1])
        return 1000 * (time.perf_counter() - start) / AT_ONCE


def served(demo, images):
    """Return the function for `Host` that finds modules, the runtime, the model and the images."""
    runtime = npm_package(*RUNTIME) / "dist"
    modules = ROOT / "lecture_utils" / "widgets" / "_shared" / "nn"
    files = {
        "": PAGE.encode(),
        "index.html": PAGE.encode(),
        "weights": demo.parameters.tobytes(),
        "images": images.tobytes(),
        "model.onnx": export(demo._model),
    }

    def find(path):
        if path in files:
            return files[path]
        folder, _, name = path.partition("/")
        file = {"shared": modules, "ort": runtime}.get(folder, Path("/nowhere")) / name
        return file.read_bytes() if file.is_file() else None

    return find


def kilobytes(find, paths):
    """Return the sum of the gzip sizes of some files."""
    return sum(len(gzip.compress(find(path), 6)) for path in paths) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="mnist/gap", help="recorded run (default mnist/gap)")
    parser.add_argument("--batches", type=int, default=30, help="hundreds of images (default 30)")
    parser.add_argument("--json", metavar="FILE", help="write all measured values into this file")
    arguments = parser.parse_args()

    data = datasets.mnist("test")
    images = data.images.astype(np.float32) / 255
    demo = DrawADigit(arguments.run, (data.images[:1], data.labels[:1]))
    inputs = torch.from_numpy(images)[:, None]
    find = served(demo, images)
    times = {name: [] for name in NAMES}
    with sync_playwright() as playwright, Host(find) as host:
        browser = chromium.launch(playwright)
        describe_machine(browser)
        page = browser.new_page()
        page.goto(f"{host.address}/index.html")
        engines = page.evaluate(SET_UP, {"description": demo.network})
        if engines != ["WebAssembly", "JavaScript"]:
            sys.exit(f"this Chromium runs {engines}; it must have WebAssembly with SIMD")
        for batch in range(-WARM_UP, arguments.batches):
            first = AT_ONCE * (batch + WARM_UP)
            for way in times:
                if way == "torch":
                    ms = time_torch(demo._model, inputs, first)
                else:
                    call = "([way, first, count]) => time(way, first, count)"
                    ms = page.evaluate(call, [way, first, AT_ONCE])
                if batch >= 0:
                    times[way].append(ms)
        logits_by_way = {}
        for way, count in (("ours", len(images)), ("plain", 1000), ("theirs", 1000)):
            call = "([way, count]) => logits(way, 0, count)"
            logits_by_way[way] = np.reshape(
                page.evaluate(call, [way, min(count, len(images))]), (-1, 10)
            )
        browser.close()

    with torch.inference_mode():
        expected = np.concatenate([demo._model(part).numpy() for part in inputs.split(1000)])
    print(f"\n{arguments.run}, milliseconds per digit at batch size 1, of {data.origin}")
    print(f"{'':28}{'min':>9}{'median':>9}{'max':>9}")
    middle = {way: statistics.median(values) for way, values in times.items()}
    for way, values in times.items():
        print(f"{NAMES[way]:28}{min(values):>9.2f}{middle[way]:>9.2f}{max(values):>9.2f}")
    for way, logits in logits_by_way.items():
        apart = np.abs(logits - expected[: len(logits)]).max()
        print(
            f"largest difference of logits to PyTorch, {NAMES[way]}: {apart:.1e} "
            f"({len(logits)} images)"
        )
    ours = [
        "shared/network.js",
        "shared/simd.js",
        "shared/kernels.js",
        "shared/plain.js",
        "shared/float16.js",
        "weights",
    ]
    runtime = ["ort/ort.wasm.min.mjs", "ort/ort-wasm-simd-threaded.mjs"]
    runtime += ["ort/ort-wasm-simd-threaded.wasm", "model.onnx"]
    sizes = kilobytes(find, ours), kilobytes(find, runtime)
    print("gzip, code and weights: ours {:.0f} kB, onnxruntime-web {:.0f} kB\n".format(*sizes))

    wrong = int((logits_by_way["ours"].argmax(axis=1) != expected.argmax(axis=1)).sum())
    apart = float(np.abs(logits_by_way["ours"] - expected).max())
    verdict("milliseconds per digit", middle["ours"], LARGEST_TIME, " ms")
    verdict("share of onnxruntime-web's time", middle["ours"] / middle["theirs"], 1.0)
    verdict(f"predictions that are not PyTorch's, of {len(images)}", wrong, 0)
    verdict("largest difference of logits", apart, LARGEST_DIFFERENCE)
    if arguments.json:
        report = {"times": times, "different_predictions": wrong, "largest_difference": apart}
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
