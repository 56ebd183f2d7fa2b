"""Challenges on transfer learning."""

from __future__ import annotations

import numpy as np

from lecture_utils.transfer import load_pet_maps
from lecture_utils.widgets import Challenge, EmbeddingMap, TransferExplorer

from . import at_least, at_most, between, equal_to

__all__ = ["a_third_learns", "lost_in_the_crowd", "most_for_the_memory"]


def a_third_learns() -> Challenge:
    """Return the challenge to train part of a network (a minute)."""
    return Challenge(
        TransferExplorer(),
        "At the start, only the new head is trained. Move the boundary so that about a third of "
        "the 3.4 million parameters of EfficientNet-Lite0 are trained.",
        [
            between(
                "mega_trained",
                0.9,
                1.3,
                "Between 900,000 and 1.3 million trained parameters",
                "{value} million parameters are trained.",
                digits=3,
            ),
            equal_to(
                "model",
                "efficientnet_lite0",
                "EfficientNet-Lite0",
                "You have selected a different network.",
            ),
        ],
        ["The last stages have most of the parameters."],
        name="9/a-third-learns",
        title="Train a third",
        minutes=1,
        answer="Train from stage 7 on. Stage 7, the last convolution, and the head have 1.0 "
        "million of the 3.4 million parameters.",
        solution={"train_from": "stage7"},
    )


def most_for_the_memory() -> Challenge:
    """Return the challenge to train many parameters with little memory (3 minutes)."""
    return Challenge(
        TransferExplorer(),
        "You have 150 MiB for a training step with 32 photos. Choose the network and the "
        "boundary so that you train as many parameters as possible.",
        [
            at_most("memory_mib", 150, "At most 150 MiB", "A training step takes {value} MiB."),
            at_least(
                "mega_trained",
                8,
                "As many trained parameters as possible",
                "{value} million parameters are trained; more are possible.",
                digits=3,
            ),
        ],
        [
            "Memory holds the weights, all activations after the boundary, and, for each trained "
            "weight, its gradient and Adam’s two running averages.",
            "There are two networks to choose from.",
        ],
        name="9/most-for-the-memory",
        title="The most for 150 MiB",
        minutes=3,
        answer="Train ResNet18 from its layer4 on: 8.4 million parameters in just under 150 MiB. "
        "With EfficientNet-Lite0, you can train at most 2.7 million, and the training step takes "
        "132 MiB. Its trained layers have fewer weights but more activations: for 32 photos, these "
        "take most of the memory.",
        solution={"model": "resnet18", "train_from": "layer4"},
    )


def lost_in_the_crowd() -> Challenge:
    """Return the challenge to find an image among those of the other class (5 minutes)."""
    embedding = EmbeddingMap(**load_pet_maps(), stage="fine-tuned")
    wrong = np.flatnonzero(embedding.wrong("fine-tuned"))
    row = [each["name"] for each in embedding.stages].index("fine-tuned")
    near = embedding.labels[embedding.neighbors[row, wrong]]
    alone = wrong[(near == embedding.labels[wrong, None]).sum(axis=1) == 0]
    embedding.selected = int(np.flatnonzero(~embedding.wrong("fine-tuned"))[0])
    return Challenge(
        embedding,
        "After fine-tuning, a few drawings are still misclassified. Find one that the network "
        "has placed entirely among images of the other class: none of its five nearest neighbors "
        "has the same label.",
        [
            equal_to(
                "stage",
                "fine-tuned",
                "The stage “fine-tuned”",
                "You have selected a different stage.",
            ),
            equal_to("is_wrong", True, "A misclassified drawing", "It is classified correctly."),
            at_most(
                "own_neighbors",
                0,
                "No neighbor with the same label",
                "Neighbors with the same label: {value}.",
            ),
        ],
        [
            "You can set the map to show only the misclassified images.",
            "Look for a drawing that lies deep inside the other group, not at its border.",
        ],
        name="9/lost-in-the-crowd",
        title="Lost in the crowd",
        minutes=5,
        answer=f"For example, {embedding.names[alone[0]]}. Most other misclassified drawings have "
        "neighbors of both classes. This one has neighbors of the other class only: to the "
        "network, the drawings most similar to it all belong to that class.",
        solution={"selected": int(alone[0])},
    )
