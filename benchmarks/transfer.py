"""Seconds per epoch of feature extraction, with and without cached embeddings.

    LECTURE_DATA=FOLDER python benchmarks/transfer.py [--images N] [--size PIXELS] [--rounds N]
    [--threads N]

Three ways to train the same head (one dense layer on the 1,280 features of EfficientNet-Lite0) on
the same images, with batches of 32 and Adam, taking turns:

- The book's: `transfer.embed` once, then a loop over the cached embeddings. The single pass for
  the embeddings is timed and printed as well, because it has to be done once.
- The same, but with the frozen backbone run in every epoch, on images in memory.
- The lecture's: `ImageFolder` with `Resize` and `ToTensor`, a shuffled `DataLoader`, the frozen
  backbone in the model, left in training mode as in its code, and a plain PyTorch loop.

An epoch is timed from its first batch to its last step, after one that does not count. Times are
processor times, which other programs hardly disturb; with several threads, they are summed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from lecture_utils import datasets, pretrained, transfer
from lecture_utils.training import ImageDataModule, InMemoryDataset, to_unit_range

sys.path.insert(0, str(Path(__file__).parent))
from _common import verdict

BATCH, RATE, TARGET = 32, 1e-3, 100


def folder_of(root, count):
    """Copy this many training images, equally many of each class, into a separate folder."""
    found = datasets.cats_vs_dogs()
    for kind in found.class_names:
        target = Path(root, "train", kind)
        target.mkdir(parents=True)
        for path in sorted(Path(found, "train", kind).iterdir())[: count // 2]:
            os.symlink(path.resolve(), target / path.name)
        # The data module also needs a validation folder.
        other = Path(root, "validation", kind)
        other.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(other / "empty.png")
    return root


class Steps:
    """Train a head on batches of features or of images."""

    def __init__(self, backbone=None):
        torch.manual_seed(0)
        self.backbone = backbone
        self.head = torch.nn.Linear(1280, 1)
        self.optimizer = torch.optim.Adam(self.head.parameters(), RATE)

    def step(self, inputs, labels):
        """Take one step; return the loss."""
        if self.backbone is not None:
            inputs = self.backbone(inputs)
        loss = functional.binary_cross_entropy_with_logits(self.head(inputs)[:, 0], labels.float())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


class InMemory(Steps):
    """Batches selected from memory: embeddings, or images for the backbone."""

    def __init__(self, data, backbone=None):
        super().__init__(backbone)
        self.data = data

    def epoch(self):
        """Train for one epoch; return its processor seconds and mean loss."""
        losses = []
        start = time.process_time()
        for chosen in torch.randperm(len(self.data)).split(BATCH):
            images, labels = self.data.batch(chosen)
            losses.append(self.step(to_unit_range(images), labels))
        return time.process_time() - start, statistics.mean(losses)


class Lecture(Steps):
    """One image at a time from its file, through the backbone, in every epoch."""

    def __init__(self, root, size, backbone):
        super().__init__(backbone)
        change = transforms.Compose([transforms.Resize((size, size)), transforms.ToTensor()])
        self.loader = DataLoader(ImageFolder(Path(root, "train"), change), BATCH, shuffle=True)

    def epoch(self):
        """Train for one epoch; return its processor seconds and mean loss."""
        losses = []
        start = time.process_time()
        for images, labels in self.loader:
            losses.append(self.step(images, labels))
        return time.process_time() - start, statistics.mean(losses)


def frozen_backbone(net, usual):
    """Return everything before the head; frozen as in the lecture, or as in the book."""
    model = transfer.attach_head(net, 1)
    if usual:
        return transfer.split(model)[0].requires_grad_(False).train()
    return transfer.split(transfer.freeze(model))[0].to(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    net = pretrained.load("efficientnet_lite0")
    with tempfile.TemporaryDirectory() as root:
        os.environ["LECTURE_CACHE"] = root
        photos = ImageDataModule(
            folder_of(Path(root, "some"), options.images), image_size=options.size
        )
        photos.setup("fit")
        start = time.process_time()
        features = transfer.embed(net, photos.train_set)
        once = time.process_time() - start
        ways = {
            "cached embeddings": InMemory(InMemoryDataset(features.inputs, features.labels)),
            "backbone run each epoch": InMemory(photos.train_set, frozen_backbone(net, False)),
            "the lecture's loop": Lecture(
                Path(root, "some"), options.size, frozen_backbone(net, True)
            ),
        }
        times, losses = {name: [] for name in ways}, {}
        for number in range(options.rounds + 1):
            for name, way in ways.items():
                seconds, losses[name] = way.epoch()
                if number:
                    times[name].append(seconds)
    print(
        f"EfficientNet-Lite0, {len(photos.train_set)} images of {options.size} pixels, "
        f"{options.threads} thread(s), median of {options.rounds} epochs; "
        f"embedding them once: {once:.2f} s"
    )
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, seconds in medians.items():
        print(f"  {name:24} {seconds:8.4f} s per epoch, loss of the last one {losses[name]:.3f}")
    kept = medians["cached embeddings"]
    met = [
        verdict(f"cached against {name}", medians[name] / kept, TARGET, " times", at_least=True)
        for name in list(medians)[1:]
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
