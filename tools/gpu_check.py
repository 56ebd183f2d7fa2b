"""Run the checks that need a GPU, and write a report.

python tools/gpu_check.py [--data FOLDER] [--report FOLDER] [--minutes N] [--only STEP ...]

Trains in every precision that the GPU supports, one recipe of each family at full size, a run that
is killed and resumed, and one on two devices; runs the notebooks' GPU cells, and the benchmarks.
Needs no network: data sets are taken from the folder, or else from LECTURE_DATA, the cache, and the
samples. The report (JSON and text) is written after every step. Without a GPU, this is a rehearsal:
the same steps on tiny data, and the steps for other machines.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import nbformat
import torch
from nbclient import NotebookClient

from lecture_utils import runs, training
from lecture_utils.runs._environment import hardware, versions

ROOT = Path(__file__).resolve().parents[1]
#: One recipe of each family; their recorded runs give the expected accuracy.
FAMILIES = (
    "mnist/gap",
    "fashion_mnist/gap",
    "filters/two-layers-10000",
    "cats-vs-dogs/from-scratch",
    "regularization/all",
    "transfer/end-to-end",
    "learning-curves/partial-200",
)
BENCHMARKS = ("training.py", "data_pipeline.py")
#: A fast recipe, for steps that need several runs.
QUICK = "mnist/gap"
#: Machines that a rehearsal simulates: compute capability, and number of GPUs.
PRETENDED = {"T4": ((7, 5), 1), "A100": ((8, 0), 1), "two A100": ((8, 0), 2)}
#: Largest allowed deficit in test accuracy compared with the recorded runs.
TOLERANCE = 0.03
_TINY = {"epochs": 2, "train_size": 64, "validation_size": 32}


@dataclasses.dataclass(frozen=True)
class Machine:
    """The properties of a machine that the steps depend on.

    Attributes
    ----------
    gpus : int
    precisions : tuple of str
        Values for Lightning's Trainer, the best one last.
    """

    gpus: int
    precisions: tuple[str, ...]

    @classmethod
    def detect(cls):
        """Describe this machine."""
        best = training.best_precision("auto")
        every = ("32-true", "16-mixed", "bf16-mixed")
        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        return cls(gpus, every[: every.index(best) + 1])


@contextlib.contextmanager
def pretend(capability, gpus):
    """Make torch report GPUs with this compute capability."""
    properties = SimpleNamespace(major=capability[0], minor=capability[1])
    with (
        mock.patch("torch.cuda.is_available", lambda: True),
        mock.patch("torch.cuda.device_count", lambda: gpus),
        mock.patch("torch.cuda.current_device", lambda: 0),
        mock.patch("torch.cuda.get_device_properties", lambda *_: properties),
        mock.patch("torch.version.hip", None),
    ):
        yield


@dataclasses.dataclass(frozen=True)
class Setting:
    """How to run the steps.

    Attributes
    ----------
    machine : Machine
    data : str or None
        A folder, "sample", or None to let the package find the data.
    scratch : Path
        For runs that are not needed afterwards.
    """

    machine: Machine
    data: str | None
    scratch: Path

    @property
    def rehearses(self):
        """Whether there is no GPU, so that everything is tiny."""
        return self.machine.gpus == 0

    @property
    def changes(self):
        """The changes to a recipe in a rehearsal."""
        return _TINY if self.rehearses else {}

    def train(self, name, folder, **trainer):
        """Train on one device, and report the time and the result."""
        trainer = {"devices": 1, "accelerator": "cpu" if self.rehearses else "gpu", **trainer}
        start = time.perf_counter()
        if not self.rehearses:
            torch.cuda.reset_peak_memory_stats()
        run = runs.train(
            name, root=self.scratch / folder, data_dir=self.data, trainer=trainer, **self.changes
        )
        findings = {"seconds": round(time.perf_counter() - start, 1)}
        if not self.rehearses:
            findings["gpu_megabytes"] = round(torch.cuda.max_memory_allocated() / 1e6)
        findings["test_accuracy"] = run.card["metrics"]["test"]["accuracy"]
        return run, findings


class NotPossibleError(Exception):
    """A step is impossible on this machine; the message says why."""


def machine(setting):
    """Describe the machine, and what a rehearsal would do on other machines."""
    findings = {"hardware": hardware(), "versions": versions(), "cuda": torch.version.cuda}
    if setting.rehearses:
        for name, (capability, gpus) in PRETENDED.items():
            with pretend(capability, gpus):
                findings[f"on a machine with {name}"] = dataclasses.asdict(Machine.detect())
    return findings


def precisions(setting):
    """Train in every precision, and compare the losses."""
    findings = {}
    for precision in setting.machine.precisions:
        run, findings[precision] = setting.train(QUICK, precision, precision=precision)
        findings[precision]["validation_loss"] = run.history["val_loss"][-1]
    losses = [each["validation_loss"] for each in findings.values()]
    if not all(loss < 1.5 * losses[0] + 0.1 for loss in losses):
        raise AssertionError(f"a precision does not learn: {findings}")
    return findings


def recipes(setting):
    """Train one recipe of each family, and compare it with its recorded runs."""
    findings, worse = {}, []
    for name in FAMILIES:
        try:
            _, findings[name] = setting.train(name, "recipes")
        except FileNotFoundError as error:
            findings[name] = {"not run": str(error)}
            continue
        recorded = [
            runs.load(name, seed).card["metrics"]["test"]["accuracy"]
            for known, seed in runs.available()
            if known == name
        ]
        if recorded and not setting.rehearses:
            expected = sum(recorded) / len(recorded)
            findings[name]["recorded"] = round(expected, 4)
            if findings[name]["test_accuracy"] < expected - TOLERANCE:
                worse.append(name)
    if worse:
        raise AssertionError(f"worse than recorded: {', '.join(worse)}; {findings}")
    return findings


def resume(setting):
    """Kill a run in its first epochs, resume it, and compare it with an uninterrupted one."""
    whole, findings = setting.train(QUICK, "uninterrupted")
    root = setting.scratch / "killed"
    command = _train_command(setting, root, "--devices", "1")
    folder = root / QUICK / "seed0"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (folder / "last.ckpt").is_file():
            time.sleep(0.05)
        if process.poll() is not None:
            raise AssertionError(f"the run ended before it could be killed: {command}")
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    resumed = runs.resume(QUICK, root=root)
    assert resumed.history["epoch"] == whole.history["epoch"], "epochs are missing"
    findings["largest_difference_of_losses"] = max(
        abs(a - b)
        for a, b in zip(resumed.history["val_loss"], whole.history["val_loss"], strict=True)
    )
    return findings


def devices(setting):
    """Train on two devices at once."""
    if not setting.rehearses and setting.machine.gpus < 2:
        raise NotPossibleError("there is only one GPU")
    root = setting.scratch / "devices"
    start = time.perf_counter()
    _run(_train_command(setting, root, "--devices", "2", "--strategy", "ddp"))
    run = runs.load(QUICK, root=root)
    assert run.card["trainer"]["processes"] == 2, run.card["trainer"]
    assert len(run.history["epoch"]) == run.recipe.epochs
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "test_accuracy": run.card["metrics"]["test"]["accuracy"],
    }


def cells(setting):
    """Execute the notebooks that have cells for a GPU; a rehearsal only lists these cells."""
    findings = {}
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for_gpu = [cell for cell in notebook.cells if "gpu" in _tags(cell)]
        if not for_gpu:
            continue
        if setting.rehearses:
            findings[path.name] = [cell.source.splitlines()[0] for cell in for_gpu]
            continue
        start = time.perf_counter()
        # Exercises are unsolved, so their checks would fail.
        notebook.cells = [c for c in notebook.cells if not _tags(c) & {"exercise", "check"}]
        with mock.patch.dict(os.environ, {"LECTURE_DATA": setting.data} if setting.data else {}):
            NotebookClient(
                notebook, timeout=300, resources={"metadata": {"path": path.parent}}
            ).execute()
        findings[path.name] = {
            "seconds": round(time.perf_counter() - start, 1),
            "printed": [_printed(cell) for cell in for_gpu],
        }
    return findings


def benchmarks(setting):
    """Run the benchmarks that use a GPU."""
    if setting.rehearses:
        raise NotPossibleError("timings of a rehearsal mean nothing")
    environment = {"LECTURE_DATA": setting.data} if setting.data else {}
    return {
        name: _run([sys.executable, str(ROOT / "benchmarks" / name)], environment)[-1500:]
        for name in BENCHMARKS
    }


STEPS = {
    step.__name__: step
    for step in (machine, precisions, recipes, resume, devices, cells, benchmarks)
}


def check(names, setting, minutes, write):
    """Run steps, and write the report after each.

    Parameters
    ----------
    names : sequence of str
        Names from `STEPS`.
    setting : Setting
    minutes : float
        No step starts after this time.
    write : callable
        Takes the report, a dict of dict.

    Returns
    -------
    bool
        Whether no step failed.
    """
    report, start = {}, time.monotonic()
    for name in names:
        began = time.monotonic()
        if began - start > 60 * minutes:
            entry = {"status": "not run", "reason": f"more than {minutes:g} minutes had passed"}
        else:
            entry = _entry(STEPS[name], setting)
        report[name] = {**entry, "step_seconds": round(time.monotonic() - began, 1)}
        print(f"{name:12}{entry['status']:9}{report[name]['step_seconds']:8.1f} s", flush=True)
        write(report)
    return all(entry["status"] != "failed" for entry in report.values())


def _entry(step, setting):
    try:
        return {"status": "passed", "findings": step(setting)}
    except NotPossibleError as error:
        return {"status": "not run", "reason": str(error)}
    except Exception:  # any error belongs in the report, and the other steps continue
        return {"status": "failed", "reason": traceback.format_exc()}


def as_text(report):
    """Write a readable report: one line per result."""
    lines = []
    for name, entry in report.items():
        lines.append(f"{name}: {entry['status']}, {entry['step_seconds']} s")
        lines += [f"  {line}" for line in str(entry.get("reason", "")).splitlines()]
        findings = entry.get("findings", {})
        lines += [f"  {key}: {json.dumps(value)}" for key, value in findings.items()]
    return "\n".join(lines) + "\n"


def _train_command(setting, root, *options):
    command = [sys.executable, "-m", "lecture_utils.runs", "train", QUICK, "--root", str(root)]
    command += ["--accelerator", "cpu" if setting.rehearses else "gpu", *options]
    if setting.data:
        command += ["--data-dir", setting.data]
    for name, value in setting.changes.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return command


def _run(command, environment=()):
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **dict(environment)}
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _tags(cell):
    return set(cell.metadata.get("tags", ()))


def _printed(cell):
    return "".join(output.get("text", "") for output in cell.get("outputs", ()))[:500]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help='folder with the data sets, or "sample"')
    parser.add_argument("--report", default="docs", help="folder for gpu.json and gpu.txt")
    parser.add_argument("--minutes", type=float, default=8, help="no step starts later")
    parser.add_argument("--only", nargs="+", choices=list(STEPS), default=list(STEPS))
    options = parser.parse_args()
    here = Machine.detect()
    if not here.gpus:
        print("There is no GPU: this is a rehearsal, and its report is not kept.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.report if here.gpus else scratch)

        def write(report):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "gpu.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
            (folder / "gpu.txt").write_text(as_text(report), encoding="utf-8")

        data = options.data if here.gpus else "sample"
        passed = check(options.only, Setting(here, data, Path(scratch)), options.minutes, write)
        print((folder / "gpu.txt").read_text(encoding="utf-8"))
    sys.exit(not passed)


if __name__ == "__main__":
    main()
