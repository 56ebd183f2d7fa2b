"""Command line: ``python -m lecture_utils.runs {list,show,train,resume}``."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence

from lecture_utils import runs
from lecture_utils.runs import _on_demand

RECORDED_WHERE = "default: the runs that ship with the package"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.action(options)
    except (ValueError, OSError, ArithmeticError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the resume command continues after the last full epoch", file=sys.stderr)
        return 130
    return 0


def _list(options):
    recorded = {}
    for name, seed in runs.available(root=options.root):
        recorded.setdefault(name, []).append(seed)
    # Without the recorded runs, each would have to be downloaded to say more than its seed.
    on_demand = options.root is None and _on_demand.installed_without_runs()
    for name, recipe in runs.RECIPES.items():
        print(f"{name:22} {recipe.title}")
        for seed in recorded.get(name, []):
            run = f"seed {seed}" if on_demand else runs.load(name, seed, root=options.root)
            print(f"{'':22} {run}")


def _show(options):
    run = runs.load(options.name, options.seed, root=options.root)
    print(json.dumps(run.card, indent=2))
    names = [*run.history]
    print(*(f"{name:>14}" for name in names))
    for row in zip(*run.history.values(), strict=True):
        print(*(f"{value:>14}" for value in row))


def _train(options):
    names = ("accelerator", "devices", "num_nodes", "strategy", "precision")
    trainer = {name: getattr(options, name) for name in names}
    sizes = ("epochs", "train_size", "validation_size", "batch_size")
    changes = {name: getattr(options, name) for name in sizes}
    # Several runs in one process: for short ones, importing torch takes longer than training.
    for name, seed in itertools.product(options.name, options.seed):
        run = runs.train(
            name,
            seed,
            root=options.root,
            data_dir=options.data_dir,
            threads=options.threads,
            overwrite=options.overwrite,
            trainer=trainer,
            **{name: value for name, value in changes.items() if value is not None},
        )
        _report(run)


def _resume(options):
    _report(runs.resume(options.name, options.seed, root=options.root))


def _report(run):
    if run is not None:
        print(run, run.folder, flush=True)


def _devices(text):
    return int(text) if text.lstrip("-").isdigit() else text


def _parser():
    parser = argparse.ArgumentParser(prog="python -m lecture_utils.runs", description=runs.__doc__)
    commands = parser.add_subparsers(required=True, metavar="{list,show,train,resume}")

    command = commands.add_parser("list", help="list the available runs")
    command.add_argument("--root", help=f"folder with runs ({RECORDED_WHERE})")
    command.set_defaults(action=_list)

    command = _named(commands, "show", "show the card and history of a run")
    command.add_argument("--root", help=f"folder with runs ({RECORDED_WHERE})")
    command.set_defaults(action=_show)

    command = commands.add_parser("train", help="repeat runs, one after the other")
    command.add_argument("name", nargs="+", help="for example mnist/gap")
    command.add_argument("--seed", type=int, nargs="+", default=[0], help="one run for each")
    command.add_argument("--root", default="runs", help="folder for results (default: runs)")
    command.add_argument("--data-dir", help='folder with the data sets, or "sample"')
    command.add_argument("--epochs", type=int)
    command.add_argument("--batch-size", type=int)
    command.add_argument("--train-size", type=int, help="train on at most this many images")
    command.add_argument("--validation-size", type=int)
    command.add_argument("--threads", type=int, help="number of processor threads")
    command.add_argument("--overwrite", action="store_true", help="replace an earlier run")
    command.add_argument("--accelerator", default="auto", help="cpu, gpu, mps, ...")
    command.add_argument("--devices", type=_devices, default="auto", help="how many, or which")
    command.add_argument("--num-nodes", type=int, default=1)
    command.add_argument("--strategy", default="auto", help="ddp, ddp_spawn, ...")
    command.add_argument("--precision", default="auto", help="32-true, bf16-mixed, ...")
    command.set_defaults(action=_train)

    command = _named(commands, "resume", "continue a run that was stopped")
    command.add_argument("--root", default="runs", help="folder for results (default: runs)")
    command.set_defaults(action=_resume)
    return parser


def _named(commands, verb, meaning):
    command = commands.add_parser(verb, help=meaning)
    command.add_argument("name", help="for example mnist/gap")
    command.add_argument("--seed", type=int, default=0)
    return command


if __name__ == "__main__":
    sys.exit(main())
