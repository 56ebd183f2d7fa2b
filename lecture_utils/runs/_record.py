"""Train a recipe from start to card, or continue from a checkpoint."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lecture_utils import datasets, geometry, models
from lecture_utils._atomic import claimed
from lecture_utils._validation import check_name
from lecture_utils.runs import _environment, _legacy, _networks
from lecture_utils.runs._process_state import kept_process_state
from lecture_utils.runs._readouts import evaluate_readouts, write_readouts
from lecture_utils.runs._recipe import PHOTOS, Recipe
from lecture_utils.runs._snapshots import write_snapshots
from lecture_utils.runs._store import (
    CARD,
    CHECKPOINT,
    CHECKPOINT_PART,
    HISTORY,
    READOUTS,
    SETTINGS,
    SNAPSHOTS,
    TEST_CLASSES,
    TEST_LOGITS,
    TEST_PREDICTIONS,
    WEIGHTS,
    command,
    read_json,
    run_folder,
    write_history,
    write_json,
)
from lecture_utils.runs._test_logits import compute_test_logits, write_test_logits
from lecture_utils.runs._test_predictions import write_test_classes, write_test_predictions

if TYPE_CHECKING:
    from torch import nn

TRAINER_OPTIONS = {
    "accelerator": "auto",
    "devices": "auto",
    "num_nodes": 1,
    "strategy": "auto",
    "precision": "auto",
}
DATASETS = ("mnist", "fashion_mnist", PHOTOS)
SAMPLE = "sample"
# Number of test images whose predicted class may depend on the processor.
_OTHER_ROUNDING = 2


@kept_process_state()
def start(
    recipe: Recipe,
    seed: int,
    root: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None,
    threads: int | None,
    overwrite: bool,
    trainer_options: Mapping[str, Any],
) -> Path | None:
    """Write the settings of a new run, then train."""
    folder = run_folder(recipe.name, seed, root)
    settings = {
        "recipe": dataclasses.asdict(recipe),
        "seed": seed,
        "data_dir": _resolved(data_dir),
        "threads": threads,
        "trainer": {**TRAINER_OPTIONS, **trainer_options},
        "code": [_environment.code_version()],
    }
    # The other processes of a run will see the folder that the first one creates.
    if not _is_first_process():
        return _train(folder, settings)
    # An earlier run is removed only after everything that can fail before the training has worked.
    trainer = _checked(folder, settings)
    with _claimed(folder):
        if not overwrite:
            _check_free(folder, recipe.name, seed, root)
        data = _data_module(recipe, seed, settings["data_dir"])
        if folder.is_dir():
            shutil.rmtree(folder)
        write_json(folder / SETTINGS, settings)
        return _train(folder, settings, data, trainer)


@kept_process_state()
def resume(name: str, seed: int, root: str | os.PathLike[str]) -> Path | None:
    """Continue a run that was stopped, after its last complete epoch."""
    folder = run_folder(name, seed, root)
    settings = _unfinished(folder, name, seed, root)
    if not _is_first_process():
        return _train(folder, settings)
    with _claimed(folder):
        # Another process may just have finished it.
        settings = _unfinished(folder, name, seed, root)
        now = _environment.code_version()
        if now != settings["code"][-1]:
            settings["code"].append(now)
            write_json(folder / SETTINGS, settings)
        return _train(folder, settings)


def _unfinished(folder, name, seed, root):
    """Return the settings of a run that was stopped; raise an error if there is none."""
    if (folder / CARD).is_file():
        raise FileExistsError(f"{name} with seed {seed} is finished; there is nothing to resume")
    remedy = f"start the run with: {command('train', name, seed, root)}"
    return _legacy.settings(read_json(folder / SETTINGS, remedy))


def _is_first_process():
    from pytorch_lightning.utilities import rank_zero_only

    # The attribute exists in jobs with several processes.
    return getattr(rank_zero_only, "rank", None) in (0, None)


def _claimed(folder):
    """Let no other process start or resume the run while this one trains it."""
    return claimed(
        folder,
        f"{folder} holds a run that is being trained right now; wait until it is finished, or stop "
        "it",
    )


def _checked(folder, settings):
    """Return the trainer of a new run; raise an error if a setting is unsuitable."""
    import torch

    for name, value in {**settings["recipe"], **settings["trainer"]}.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} is {value!r}, which the settings of a run cannot store ({error}); pass "
                "plain Python numbers, strings, lists and dictionaries"
            ) from error
    recipe = Recipe(**settings["recipe"])
    check_name("dataset", recipe.dataset, DATASETS)
    _check_options("augmentation", recipe.augmentation, _augmentation_options(recipe))
    _check_options("model_options", recipe.model_options, _model_options(recipe))
    # Random numbers do not matter here: the generator is seeded later, and the model built again.
    augment = _augment(recipe)
    if augment is not None:  # some options are checked only when it is called
        augment(torch.zeros(1, 3 if recipe.dataset == PHOTOS else 1, 28, 28))
    whole = _networks.build(recipe, settings["seed"])
    _classifier(recipe, _networks.module_to_fit(recipe, whole))
    return _trainer(folder, recipe, _options(settings))


def _check_options(name, options, known):
    if not isinstance(options, Mapping):
        raise ValueError(f"{name} is {options!r}; pass a dictionary of options")
    for option in options:
        if option not in known:
            raise ValueError(
                f"{name} has {option!r}; known options are {', '.join(known) or 'none'}"
            )


def _augmentation_options(recipe):
    from lecture_utils.augmentation import Augment, random_affine

    if recipe.dataset == PHOTOS:
        return [field.name for field in dataclasses.fields(Augment)]
    parameters = inspect.signature(random_affine).parameters.values()
    names = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    return [name for name in names if name != "generator"]


def _model_options(recipe):
    if recipe.train_from is not None:
        return []
    build = models.NETWORKS.get(recipe.model)
    # The model's name is checked where it is built.
    return recipe.model_options if build is None else [*inspect.signature(build).parameters]


def _check_free(folder, name, seed, root):
    if (folder / CARD).is_file():
        raise FileExistsError(f"{folder} holds a finished run; pass overwrite to replace it")
    if (folder / CHECKPOINT).is_file():
        raise FileExistsError(
            f"{folder} holds a run that was stopped; continue with: "
            f"{command('resume', name, seed, root)}, or pass overwrite to start again"
        )
    # What a run may leave that was stopped before its first checkpoint.
    left = {SETTINGS, HISTORY, CHECKPOINT_PART}
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    others = [each.name for each in paths if each.name not in left and each.name[0] != "."]
    if others:
        raise FileExistsError(
            f"{folder} holds {', '.join(others)}, which no stopped run leaves; move that away, or "
            "pass overwrite to delete it"
        )


def _train(folder, settings, data=None, trainer=None):
    import pytorch_lightning as pl
    import torch

    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    recipe, seed = Recipe(**settings["recipe"]), settings["seed"]
    options = _options(settings)
    pl.seed_everything(seed, verbose=False)
    whole = _networks.build(recipe, seed)
    if data is None:
        data = _data_module(recipe, seed, settings["data_dir"])
    data = _prepared(recipe, whole, data)
    checkpoint = folder / CHECKPOINT
    if recipe.head_repeats and not checkpoint.is_file():
        _train_head(recipe, whole, settings, options)
    module = _classifier(recipe, _networks.module_to_fit(recipe, whole))
    if trainer is None:
        trainer = _trainer(folder, recipe, options)
    _fit(
        trainer,
        module,
        data,
        ckpt_path=str(checkpoint) if checkpoint.is_file() else None,
        weights_only=True,
    )
    if not trainer.is_global_zero:
        return None
    _finish(folder, settings, recipe, data, {**options, **_used(trainer)})
    return folder


def _options(settings):
    """Return the options of the trainer, with the best precision of the accelerator for "auto"."""
    from lecture_utils.training import best_precision

    options = dict(settings["trainer"])
    if options["precision"] == "auto":
        options["precision"] = best_precision(options["accelerator"])
    return options


def _trainer(folder, recipe, options):
    import pytorch_lightning as pl

    from lecture_utils.runs._callbacks import (
        EpochCheckpoint,
        FilterSnapshots,
        History,
        ReadOutCallback,
    )
    from lecture_utils.training import uses_cuda

    return pl.Trainer(
        **options,
        max_epochs=recipe.epochs,
        callbacks=[
            History(folder),
            *([FilterSnapshots(recipe.snapshots)] if recipe.snapshots else []),
            *([ReadOutCallback(recipe)] if recipe.budgets or recipe.clean_every else []),
            EpochCheckpoint(folder),
        ],
        logger=False,
        # In a log file, a progress bar would fill thousands of lines; there, each epoch prints one.
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        deterministic="warn",
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        # Lightning supports it for GPUs only.
        sync_batchnorm=uses_cuda(options["accelerator"]),
    )


def _train_head(recipe, whole, settings, options):
    """Train the head alone, as in a separate run, and leave it in the whole model."""
    import pytorch_lightning as pl

    alone = dataclasses.replace(
        recipe,
        train_from="head",
        epochs=1,
        repeats=recipe.head_repeats,
        learning_rate=recipe.head_rate,
        backbone_lr_scale=1.0,
    )
    # With the seed, the head starts as in the whole model.
    model = _networks.build(alone, settings["seed"])
    data = _data_module(alone, settings["seed"], settings["data_dir"])
    trainer = pl.Trainer(
        **options,
        max_epochs=1,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        deterministic="warn",
        use_distributed_sampler=False,
    )
    module = _classifier(alone, _networks.module_to_fit(alone, model))
    _fit(trainer, module, _prepared(alone, model, data))
    whole.get_submodule("head").load_state_dict(model.get_submodule("head").state_dict())


def _fit(trainer, module, data, **options):
    """Train; where Lightning ends the program after Ctrl-C, raise KeyboardInterrupt instead."""
    try:
        trainer.fit(module, datamodule=data, **options)
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def _used(trainer):
    return {
        "accelerator": type(trainer.accelerator).__name__,
        "processes": trainer.world_size,
        "strategy": type(trainer.strategy).__name__,
    }


def _finish(folder, settings, recipe, data, trainer):
    """Turn the last checkpoint into a finished run."""
    import torch

    # From the file, because a strategy that trains in other processes leaves nothing in this one.
    checkpoint = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    history = checkpoint["callbacks"]["History"]
    if not history["rows"]:
        raise RuntimeError(
            f"{folder / CHECKPOINT} has no epoch; the callback that collects epochs ran in another "
            "process, or no epoch was finished. Train again, with devices=1"
        )
    write_history(folder / HISTORY, history["rows"])
    whole = _networks.build(recipe, settings["seed"])
    digest = _write_weights(folder / WEIGHTS, recipe, whole, checkpoint["state_dict"])
    # As in training, so that the metrics agree to the last digit.
    model = _networks.module_to_fit(recipe, whole).to(memory_format=torch.channels_last)
    data.setup("fit")
    data.setup("test")
    card = _card(settings, recipe, whole, data, trainer, history) | {
        "metrics": _metrics(recipe, model, data),
        "weights_sha256": digest if recipe.keep_weights else None,
    }
    card |= _write_extras(folder, recipe, settings["seed"], model, data, checkpoint["callbacks"])
    _leave_only_results(folder, recipe, card)


def _card(settings, recipe, whole, data, trainer, history):
    """Return what a card says about a run, except for its results."""
    return {
        "name": recipe.name,
        "title": recipe.title,
        "seed": settings["seed"],
        "recipe": dataclasses.asdict(recipe),
        "parameters": geometry.count_parameters(whole),
        "trainable_parameters": geometry.count_parameters(whole, trainable_only=True),
        "data": _describe_data(recipe, data),
        "training_seconds": round(history["seconds"], 1),
        # The same without time for other programs: summed over the processor's threads.
        "processor_seconds": round(history["processor_seconds"], 1),
        "trainer": trainer,
        "hardware": _environment.hardware(),
        "versions": _environment.versions(),
        # The commit at the start, and at a resume if the code had changed by then.
        "code": settings["code"],
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _write_extras(folder, recipe, seed, model, data, callbacks):
    """Write what a recipe wants besides weights and history; return the card's lines about it."""
    lines = {}
    if recipe.save_predictions:
        lines["maps"] = write_test_predictions(folder / TEST_PREDICTIONS, model, data)
    if recipe.saves_logits:
        write_test_logits(folder / TEST_LOGITS, _test_logits(recipe, model, data))
    if recipe.save_classes:
        write_test_classes(folder / TEST_CLASSES, model, data.test_set)
    if recipe.snapshots:
        kept = callbacks["FilterSnapshots"]
        weights = [weight.numpy() for weight in kept["weights"]]
        write_snapshots(folder / SNAPSHOTS, kept["steps"], weights)
    if recipe.budgets or recipe.clean_every:
        kept = callbacks["ReadOutCallback"]
        lines["clean_train"] = kept["clean"]
        readouts = evaluate_readouts(_networks.build(recipe, seed), kept, data, _task(recipe))
        lines["readouts"] = [each.summary() for each in readouts]
        if readouts:  # otherwise, the run ended before its first budget
            write_readouts(folder / READOUTS, readouts)
    return lines


def _write_weights(path, recipe, whole, state):
    """Write the trained weights of a checkpoint, and load the written file into the whole model."""
    from lecture_utils.runs._weights import load_weights, save_weights

    fitted = _networks.module_to_fit(recipe, whole)
    module = _classifier(recipe, fitted)
    module.load_state_dict(state)
    # Averaged weights lie in a copy of the model, all of whose layers would pass for frozen ones.
    fitted.load_state_dict(module.eval_model.state_dict())
    # The recipe determines the frozen weights, so only the trained ones are written.
    digest = save_weights(_networks.trainable_part(recipe, fitted), path)
    load_weights(_networks.trainable_part(recipe, whole), path, digest)
    return digest


def _describe_data(recipe, data):
    """Return the origin of the data and the sizes of the splits."""
    return {
        "origin": data.origin,
        "source": data.source,
        "split_seed": data.split_seed,
        "train": len(data.train_set) // (recipe.repeats * max(1, recipe.augmented_copies)),
        "validation": len(data.validation_set),
        "test": len(data.test_set),
    }


def _metrics(recipe, model, data):
    """Evaluate the weights as shipped, in half precision."""
    from lecture_utils.training import evaluate

    sets = {"validation": data.validation_set, "test": data.test_set}
    return {split: evaluate(model, each, task=_task(recipe)) for split, each in sets.items()}


def _test_logits(recipe, model, data):
    # Large models take seconds per view; and where the output of the frozen part is cached, the
    # model takes that output instead of photos.
    photos = recipe.dataset == PHOTOS and recipe.train_from is None
    return compute_test_logits(model, data.test_set, photos=photos)


def record_test_logits(
    run_folder: Path, recipe: Recipe, seed: int, model: nn.Module, card: Mapping[str, Any],
    data_dir: str | os.PathLike[str] | None,
) -> None:  # fmt: skip
    """Add test logits to a finished run, from its weights; see `runs.record_test_logits`."""
    import torch

    from lecture_utils.training import predicted_classes

    data = _data_module(recipe, seed, _resolved(data_dir))
    data.setup("test")
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    test_logits = _test_logits(recipe, model, data)
    logits = torch.from_numpy(test_logits.logits)
    predicted = predicted_classes(logits, _task(recipe)).numpy()
    errors, known = int((predicted != test_logits.labels).sum()), card["metrics"]["test"]["errors"]
    # Another processor rounds differently: an image or two may be on the decision boundary.
    if abs(errors - known) > _OTHER_ROUNDING:
        raise ValueError(
            f"the model misclassifies {errors} test images here, but its card says {known}; "
            "the data are not those of the run"
        )
    write_test_logits(run_folder / TEST_LOGITS, test_logits)


def _leave_only_results(folder, recipe, card):
    """Write the card, and remove the files that only a resume needs."""
    if not recipe.keep_weights:
        (folder / WEIGHTS).unlink()
    write_json(folder / CARD, card)
    (folder / CHECKPOINT).unlink()
    (folder / SETTINGS).unlink()


def _classifier(recipe, model):
    from lecture_utils.training import Classifier

    return Classifier(
        model,
        task=_task(recipe),
        optimizer=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        backbone_lr_scale=recipe.backbone_lr_scale,
        weight_decay=recipe.weight_decay,
        schedule=recipe.schedule,
        label_smoothing=recipe.label_smoothing,
        mixup=recipe.mixup,
        ema_decay=recipe.ema_decay,
    )


def _task(recipe):
    return "binary" if recipe.dataset == PHOTOS else "multiclass"


def _augment(recipe):
    from lecture_utils.augmentation import Augment, random_affine

    if not recipe.augmentation:
        return None
    if recipe.dataset == PHOTOS:
        return Augment(**recipe.augmentation)
    return partial(random_affine, **recipe.augmentation)


def _resolved(data_dir):
    """Return the folder as an absolute path: a resume may be started from another folder."""
    if data_dir is None or data_dir == SAMPLE:
        return data_dir
    return str(Path(data_dir).expanduser().resolve())


@contextmanager
def _looking_in(data_dir: str | None) -> Iterator[None]:
    """Have the loaders look into a folder, but only in this block: it is not the user's choice."""
    if data_dir in (None, SAMPLE):
        yield
        return
    if not os.path.isdir(data_dir):
        raise FileNotFoundError(f"data_dir is {data_dir}, not a folder; pass an existing one")
    before = os.environ.get("LECTURE_DATA")
    os.environ["LECTURE_DATA"] = data_dir
    try:
        yield
    finally:
        if before is None:
            del os.environ["LECTURE_DATA"]
        else:
            os.environ["LECTURE_DATA"] = before


def _data_module(recipe, seed, data_dir):
    from lecture_utils.training import ImageDataModule, InMemoryDataModule

    if recipe.dataset == PHOTOS:
        with _looking_in(data_dir):
            photos = datasets.cats_vs_dogs(
                source="embedded" if data_dir == SAMPLE else None, download=True
            )
        _check_full(photos.source, recipe.dataset, data_dir == SAMPLE)
        module = ImageDataModule(
            photos,
            recipe.batch_size,
            recipe.image_size,
            train_size=recipe.train_size,
            seed=seed,
            augment=_augment(recipe),
            split_seed=seed if recipe.resample_by_seed else 0,
        )
    else:
        module = InMemoryDataModule(
            partial(_load, recipe.dataset, data_dir),
            batch_size=recipe.batch_size,
            validation_size=recipe.validation_size,
            train_size=recipe.train_size,
            subset_seed=seed if recipe.resample_by_seed else None,
            seed=seed,
            augment=_augment(recipe),
        )
    module.setup("fit")
    return module


def _prepared(recipe, whole, data):
    """Cache the output of the frozen part, if possible, and repeat the images of an epoch."""
    from lecture_utils.runs._filtered import FilteredDataModule
    from lecture_utils.transfer import EmbeddedDataModule, embed_augmented

    if not _networks.can_cache_features(recipe, whole):
        pass
    elif recipe.train_from is None:
        data = FilteredDataModule(data, whole[: _networks.frozen_layers(whole)])
        data.setup("fit")
    else:
        augment, data.augment = data.augment, None
        images, seed = data.train_set, data.seed
        data = EmbeddedDataModule(data, whole, recipe.train_from)
        if augment is not None:
            data.train_set = embed_augmented(
                whole, images, augment, recipe.augmented_copies, recipe.train_from, seed=seed
            )
        data.setup("fit")
    data.train_set = _repeated(data.train_set, recipe.repeats)
    return data


def _repeated(dataset, times):
    from lecture_utils.training import InMemoryDataset

    if times == 1:
        return dataset
    inputs = dataset.inputs.repeat(times, *[1] * (dataset.inputs.ndim - 1))
    return InMemoryDataset(inputs, dataset.labels.repeat(times))


def _load(name, data_dir, split):
    load = {"mnist": datasets.mnist, "fashion_mnist": datasets.fashion_mnist}[name]
    sample = data_dir == SAMPLE
    with _looking_in(data_dir):
        data = load(split, source="embedded" if sample else None, download=True)
    _check_full(data.source, name, sample)
    return data


def _check_full(source, name, sample):
    if source == "embedded" and not sample:
        raise FileNotFoundError(
            f"the full data set {name} is missing and cannot be downloaded; pass the folder that "
            f'has it as data_dir, or "{SAMPLE}" to train on the small embedded sample'
        )
