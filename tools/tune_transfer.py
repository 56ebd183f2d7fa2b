"""Choose the learning rates for the learning curves of the chapter on transfer learning.

    python tools/tune_transfer.py [strategy ...] --data-dir FOLDER

Trains each strategy with some learning rates on some numbers of photos, and writes the results on
the validation photos; see ``runs._transfer_recipes`` for the rule. The test photos are not read.
Combinations already in the file are not trained again, so that a stopped run can continue.
"""

import argparse
import logging
import warnings

import pytorch_lightning as pl
import torch
import tuning

from lecture_utils.runs import _networks, _recipes, _record
from lecture_utils.runs import _transfer_recipes as recipes

_OPTIONS = {"accelerator": "cpu", "precision": "32-true"}


def trial(strategy, count, rate, seed, data_dir):
    """Train once; return accuracy and loss on the validation photos after the last step."""
    recipe = recipes.make_one(
        _recipes.recipe("transfer/feature-extraction"),
        _recipes.recipe("cats-vs-dogs/remedies-none"),
        strategy,
        count,
        rate,
    )
    pl.seed_everything(seed, verbose=False)
    whole = _networks.build(recipe, seed)
    data = _record._prepared(recipe, whole, _record._data_module(recipe, seed, data_dir))
    if recipe.head_repeats:
        settings = {"seed": seed, "data_dir": data_dir}
        _record._train_head(recipe, whole, settings, _OPTIONS)
    trainer = pl.Trainer(
        **_OPTIONS,
        max_epochs=recipe.epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    trainer.fit(
        _record._classifier(recipe, _networks.module_to_fit(recipe, whole)), datamodule=data
    )
    metrics = trainer.callback_metrics
    return {name: round(float(metrics[name]), 5) for name in ("val_accuracy", "val_loss")}


def main():
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("strategy", nargs="*", help=f"of {', '.join(recipes.CURVES)}")
    parser.add_argument("--data-dir", help="folder with the photos")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for strategy in arguments.strategy or recipes.CURVES:
        for count, seeds in recipes.TUNED_COUNTS.items():
            tried = tuning.read(recipes.TUNING).get(strategy, {}).get(str(count), [])
            while (rate := recipes.next_rate(tried, seeds)) is not None:
                for seed in seeds:
                    settings = {"learning_rate": rate, "seed": seed}
                    if not tuning.is_tried(tried, settings):
                        result = trial(strategy, count, rate, seed, arguments.data_dir)
                        print(strategy, count, {**settings, **result}, flush=True)
                        tried = tuning.add(recipes.TUNING, strategy, count, settings, result)


if __name__ == "__main__":
    main()
