"""Record the positions of drawn pets on the maps of three models, for `transfer.load_pet_maps`.

python tools/record_pet_maps.py
"""

import json
import os
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from lecture_utils.datasets import drawn_pets
from lecture_utils.runs import _networks, recipe
from lecture_utils.runs._store import write_arrays
from lecture_utils.training import ImageDataModule, parameter_groups
from lecture_utils.transfer import embed, freeze, make_maps, run_in_batches, split
from lecture_utils.transfer._pet_maps import PATH, SIZES, STAGES

IMAGE_SIZE = 128
#: The stage at which fine-tuning begins, and its number of epochs.
UNTIL, EPOCHS, LEARNING_RATE = "stage6", 6, 1e-3


def record_pet_maps(path: str | os.PathLike[str] = PATH, *, seed: int = 0) -> dict[str, float]:
    """Embed the pets with three models, and store the maps.

    The first two models are not trained on pets; their predictions come from a logistic regression
    on their embeddings. The third is the second with its last stages fine-tuned.

    Parameters
    ----------
    path : path
    seed : int
        Seed of the random weights, the order of training and t-SNE.

    Returns
    -------
    dict
        Maps each stage to its accuracy on the test pets.
    """
    data = ImageDataModule(drawn_pets(SIZES), batch_size=20, image_size=IMAGE_SIZE)
    data.setup("fit")
    data.setup("test")
    labels = {name: getattr(data, f"{name}_set").labels.numpy() for name in ("train", "test")}
    models = {
        "random weights": _networks.build(recipe("transfer/random-features"), seed),
        "pretrained": _networks.build(recipe("transfer/feature-extraction"), seed),
    }
    features, predicted = {}, {}
    for stage, model in models.items():
        sets = {name: embed(model, getattr(data, f"{name}_set").inputs).numpy() for name in labels}
        head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        predicted[stage] = head.fit(sets["train"], labels["train"]).predict(sets["test"])
        features[stage] = sets["test"]
    torch.manual_seed(seed)
    before_head, head, inputs = _fine_tune(models["pretrained"], data)
    features["fine-tuned"] = run_in_batches(before_head, inputs)
    predicted["fine-tuned"] = (run_in_batches(head, features["fine-tuned"])[:, 0] > 0).numpy()
    features["fine-tuned"] = features["fine-tuned"].numpy()

    maps = [make_maps(features[stage], seed=seed) for stage in STAGES]
    about = {
        "files": data.files["test"],
        "explained": [round(each.explained, 4) for each in maps],
        "dimensions": maps[0].dimensions,
    }
    write_arrays(
        Path(path),
        pca=np.stack([each.pca for each in maps]),
        tsne=np.stack([each.tsne for each in maps]),
        neighbors=np.stack([each.neighbors for each in maps]).astype(np.int16),
        labels=labels["test"].astype(np.uint8),
        predicted=np.stack([predicted[stage] for stage in STAGES]).astype(np.uint8),
        about=np.array(json.dumps(about)),
    )
    return {stage: float((predicted[stage] == labels["test"]).mean()) for stage in STAGES}


def _fine_tune(model, data):
    """Train the last stages; return them without the head, the head, and their test inputs."""
    freeze(model, UNTIL, freeze_bn_stats=True)
    learns = split(model, UNTIL)[1]
    inputs = embed(model, data.train_set.inputs, UNTIL)
    labels = data.train_set.labels.float()
    optimizer = torch.optim.AdamW(parameter_groups(model, LEARNING_RATE, backbone_lr_scale=0.1))
    learns.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(data.batch_size):
            loss = nn.functional.binary_cross_entropy_with_logits(
                learns(inputs[batch])[:, 0], labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    *before_head, head = learns.children()
    return nn.Sequential(*before_head), head, embed(model, data.test_set.inputs, UNTIL)


if __name__ == "__main__":
    for stage, accuracy in record_pet_maps().items():
        print(f"{stage}: accuracy of {accuracy:.1%} on {SIZES[2]} pets")
