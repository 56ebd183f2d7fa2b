"""Choose learning rate and weight decay for the runs on designed, random and learned filters.

    python tools/tune_filters.py [network ...]

Trains each network with every combination in ``runs._filter_recipes`` on some numbers of images of
Fashion-MNIST, and writes the results on the validation images. The test images are not read.
Combinations already in the file are not trained again, so that a stopped run can continue.
"""

import argparse
import itertools

import pytorch_lightning as pl
import torch
import tuning

from lecture_utils.runs import _filter_recipes as filters
from lecture_utils.runs import _networks, _record

#: Not among the seeds of the recorded runs.
SEED = 100


def trial(network, size, learning_rate, weight_decay):
    """Train once; return accuracy and loss on the validation images after the last epoch."""
    recipe = filters.make_one(network, size, (learning_rate, weight_decay))
    pl.seed_everything(SEED, verbose=False)
    whole = _networks.build(recipe, SEED)
    data = _record._prepared(recipe, whole, _record._data_module(recipe, SEED, None))
    trainer = pl.Trainer(
        max_epochs=recipe.epochs,
        # Only the end counts.
        check_val_every_n_epoch=recipe.epochs,
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="*", help=f"of {', '.join(filters.NETWORKS)}")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    networks = arguments.network or filters.NETWORKS
    for network, size in itertools.product(networks, filters.TUNED_SIZES):
        for rate, decay in itertools.product(filters.LEARNING_RATES, filters.WEIGHT_DECAYS):
            tried = tuning.read(filters.TUNING).get(network, {}).get(str(size), [])
            settings = {"learning_rate": rate, "weight_decay": decay}
            if tuning.is_tried(tried, settings):
                continue
            result = trial(network, size, rate, decay)
            print(network, size, {**settings, **result}, flush=True)
            tuning.add(filters.TUNING, network, size, settings, result)


if __name__ == "__main__":
    main()
