"""Train a recipe from start to card, or on from a checkpoint."""

import dataclasses
import datetime
import os
import shutil
import sys
from functools import partial

from lecture_utils import datasets, geometry
from lecture_utils.runs import _environment, _legacy, _networks
from lecture_utils.runs._recipes import PHOTOS, Recipe
from lecture_utils.runs._store import (
    CARD,
    CHECKPOINT,
    HISTORY,
    SETTINGS,
    TEST_PREDICTIONS,
    WEIGHTS,
    read_json,
    run_folder,
    write_history,
    write_json,
)

TRAINER_OPTIONS = {
    "accelerator": "auto",
    "devices": "auto",
    "num_nodes": 1,
    "strategy": "auto",
    "precision": "auto",
}
SAMPLE = "sample"


def start(recipe, seed, root, data_dir, threads, overwrite, trainer_options):
    """Write down the settings of a new run, then train."""
    from pytorch_lightning.utilities import rank_zero_only

    folder = run_folder(recipe.name, seed, root)
    settings = {
        "recipe": dataclasses.asdict(recipe),
        "seed": seed,
        "data_dir": None if data_dir is None else str(data_dir),
        "threads": threads,
        "trainer": {**TRAINER_OPTIONS, **trainer_options},
        "code": [_environment.code_version()],
    }
    # The other processes of a run find the folder that the first one has just made.
    if rank_zero_only.rank in (0, None):
        # Before an earlier run is removed: without data there would be neither the old nor the new.
        _data_module(recipe, seed, settings["data_dir"])
        _check_free(folder, recipe.name, seed, overwrite)
        write_json(folder / SETTINGS, settings)
    return _train(folder, settings)


def resume(name, seed, root):
    """Go on with a run that was stopped, from its last whole epoch."""
    from pytorch_lightning.utilities import rank_zero_only

    folder = run_folder(name, seed, root)
    if (folder / CARD).is_file():
        raise FileExistsError(f"{name} with seed {seed} is finished; there is nothing to resume")
    remedy = f"start the run with: python -m lecture_utils.runs train {name} --seed {seed}"
    settings = _legacy.settings(read_json(folder / SETTINGS, remedy))
    now = _environment.code_version()
    if now != settings["code"][-1] and rank_zero_only.rank in (0, None):
        settings["code"].append(now)
        write_json(folder / SETTINGS, settings)
    return _train(folder, settings)


def _check_free(folder, name, seed, overwrite):
    if (folder / CARD).is_file() and not overwrite:
        raise FileExistsError(f"{folder} holds a finished run; pass overwrite to replace it")
    if (folder / CHECKPOINT).is_file() and not overwrite:
        raise FileExistsError(
            f"{folder} holds a run that was stopped; go on with: python -m lecture_utils.runs "
            f"resume {name} --seed {seed}, or pass overwrite to start again"
        )
    if folder.is_dir():
        shutil.rmtree(folder)


def _train(folder, settings):
    import pytorch_lightning as pl
    import torch

    from lecture_utils.runs._callbacks import EpochCheckpoint, History
    from lecture_utils.training import best_precision, uses_cuda

    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    recipe, seed = Recipe(**settings["recipe"]), settings["seed"]
    options = dict(settings["trainer"])
    if options["precision"] == "auto":
        options["precision"] = best_precision(options["accelerator"])
    pl.seed_everything(seed, verbose=False)
    whole = _networks.build(recipe, seed)
    data = _prepared(recipe, whole, _data_module(recipe, seed, settings["data_dir"]))
    module = _classifier(recipe, seed, _networks.module_to_fit(recipe, whole))
    trainer = pl.Trainer(
        **options,
        max_epochs=recipe.epochs,
        callbacks=[History(folder), EpochCheckpoint(folder)],
        logger=False,
        # A progress bar in a log file is thousands of lines; there, each epoch prints one.
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        deterministic="warn",
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        # Lightning has it for GPUs only.
        sync_batchnorm=uses_cuda(options["accelerator"]),
    )
    checkpoint = folder / CHECKPOINT
    trainer.fit(
        module,
        datamodule=data,
        ckpt_path=str(checkpoint) if checkpoint.is_file() else None,
        weights_only=True,
    )
    if trainer.interrupted:
        raise KeyboardInterrupt
    if not trainer.is_global_zero:
        return None
    _finish(folder, settings, recipe, data, {**options, **_used(trainer)})
    return folder


def _used(trainer):
    return {
        "accelerator": type(trainer.accelerator).__name__,
        "processes": trainer.world_size,
        "strategy": type(trainer.strategy).__name__,
    }


def _finish(folder, settings, recipe, data, options):
    """Write the weights, evaluate them as written, write the card, drop what only a resume needs."""
    import torch

    from lecture_utils.runs._test_predictions import write_test_predictions
    from lecture_utils.runs._weights import load_weights, save_weights
    from lecture_utils.training import evaluate

    # From the file, because a strategy that trains in other processes leaves nothing in this one.
    checkpoint = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    whole = _networks.build(recipe, settings["seed"])
    module = _classifier(recipe, settings["seed"], _networks.module_to_fit(recipe, whole))
    module.load_state_dict(checkpoint["state_dict"])
    history = checkpoint["callbacks"]["History"]
    write_history(folder / HISTORY, history["rows"])
    # Frozen weights come with the recipe; only the trained ones are written.
    trained = _networks.trainable_part(recipe, module.eval_model)
    digest = save_weights(trained, folder / WEIGHTS)
    load_weights(_networks.trainable_part(recipe, whole), folder / WEIGHTS, digest)
    model = _networks.module_to_fit(recipe, whole)
    data.setup("fit")
    data.setup("test")
    sizes = {"train": data.train_set, "validation": data.validation_set, "test": data.test_set}
    card = {
        "name": recipe.name,
        "title": recipe.title,
        "seed": settings["seed"],
        "recipe": dataclasses.asdict(recipe),
        "parameters": geometry.count_parameters(whole),
        "trainable_parameters": geometry.count_parameters(whole, trainable_only=True),
        "data": {
            "origin": data.origin,
            "source": data.source,
            "split_seed": data.split_seed,
            **{part: len(images) for part, images in sizes.items()},
            "train": len(data.train_set) // recipe.repeats,
        },
        "metrics": {
            # Of the weights as shipped, in half precision.
            "validation": evaluate(model, data.validation_set, task=_task(recipe)),
            "test": evaluate(model, data.test_set, task=_task(recipe)),
        },
        "training_seconds": round(history["seconds"], 1),
        # The same without waiting for other programs: summed over the processor's threads.
        "processor_seconds": round(history["processor_seconds"], 1),
        "trainer": options,
        "hardware": _environment.hardware(),
        "versions": _environment.versions(),
        # At the start, and at a resume if the code was another one by then.
        "code": settings["code"],
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "weights_sha256": digest if recipe.keep_weights else None,
    }
    if recipe.save_predictions:
        card["maps"] = write_test_predictions(folder / TEST_PREDICTIONS, model, data)
    if not recipe.keep_weights:
        (folder / WEIGHTS).unlink()
    write_json(folder / CARD, card)
    (folder / CHECKPOINT).unlink()
    (folder / SETTINGS).unlink()


def _classifier(recipe, seed, model):
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
        augment=_augment(recipe),
        mixup=recipe.mixup,
        ema_decay=recipe.ema_decay,
        seed=seed,
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


def _data_module(recipe, seed, data_dir):
    from lecture_utils.training import ImageDataModule, InMemoryDataModule

    if data_dir not in (None, SAMPLE):
        os.environ["LECTURE_DATA"] = data_dir
    if recipe.dataset == PHOTOS:
        photos = datasets.cats_vs_dogs(source="embedded" if data_dir == SAMPLE else None)
        _check_full(photos.source, recipe.dataset, data_dir == SAMPLE)
        module = ImageDataModule(
            photos,
            recipe.batch_size,
            recipe.image_size,
            train_size=recipe.train_size,
            seed=seed,
            split_seed=seed if recipe.resample_by_seed else 0,
        )
    else:
        module = InMemoryDataModule(
            partial(_load, recipe.dataset, data_dir == SAMPLE),
            batch_size=recipe.batch_size,
            validation_size=recipe.validation_size,
            train_size=recipe.train_size,
            seed=seed,
        )
    module.setup("fit")
    return module


def _prepared(recipe, whole, data):
    """Run the images through the frozen part once, if that can be done; and repeat them in an epoch."""
    from lecture_utils.training import InMemoryDataset
    from lecture_utils.transfer import EmbeddedDataModule

    if _networks.can_cache_features(recipe, whole):
        data = EmbeddedDataModule(data, whole, recipe.train_from)
        data.setup("fit")
    if recipe.repeats > 1:
        once = data.train_set
        data.train_set = InMemoryDataset(
            once.inputs.repeat(recipe.repeats, *[1] * (once.inputs.ndim - 1)),
            once.labels.repeat(recipe.repeats),
        )
    return data


def _load(name, sample, split):
    load = {"mnist": datasets.mnist, "fashion_mnist": datasets.fashion_mnist}[name]
    data = load(split, source="embedded" if sample else None)
    _check_full(data.source, name, sample)
    return data


def _check_full(source, name, sample):
    if source == "embedded" and not sample:
        raise FileNotFoundError(
            f"the full data set {name} is not here and cannot be downloaded; pass the folder that has "
            f'it as data_dir, or "{SAMPLE}" to train on the small embedded sample'
        )
