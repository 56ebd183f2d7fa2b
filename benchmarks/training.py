"""Images per second in a training epoch: the book's method, and the loop of tutorials.

    LECTURE_DATA=FOLDER python benchmarks/training.py [--images N] [--rounds N] [--threads N]

Both train the network with global average pooling on the same MNIST images (or on their stand-in),
batch size 128, Adam with the same learning rate, on the same device, taking turns.

- The tutorial's: torchvision's `MNIST` data set with `ToTensor`, one image at a time through a
  shuffled `DataLoader`, a plain PyTorch loop. Once in the usual form, and once with its images
  loaded by one worker.
- The book's: `training.MNISTData`, which selects a batch from one tensor of bytes, and
  `training.Classifier` run by Lightning's Trainer, channels last, with metrics, as the recorded
  runs are trained.

An epoch is timed from its first batch to its last step, without reading the files, after one that
does not count. The losses of the last epoch are printed to show that both learn.
"""

import argparse
import gzip
import logging
import statistics
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch
import torchvision
from torch.nn import functional
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from lecture_utils import datasets, models
from lecture_utils.training import Classifier, MNISTData

BATCH, RATE, HELD_OUT = 128, 3e-3, 200


def write_for_torchvision(folder):
    """Write the images in the form that torchvision's loader expects."""
    raw = Path(folder) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        data = datasets.mnist(split)
        count, height, width = data.images.shape
        images = struct.pack(">4i", 2051, count, height, width) + data.images.tobytes()
        labels = struct.pack(">2i", 2049, count) + data.labels.astype("u1").tobytes()
        for kind, content in (("images-idx3", images), ("labels-idx1", labels)):
            (raw / f"{prefix}-{kind}-ubyte").write_bytes(content)
            # torchvision checks for either form, but does not read the compressed one.
            (raw / f"{prefix}-{kind}-ubyte.gz").write_bytes(gzip.compress(b""))


class Tutorial:
    """The plain loop; keeps its network and optimizer from epoch to epoch."""

    def __init__(self, folder, count, device, workers):
        torch.manual_seed(0)
        data = Subset(MNIST(folder, train=True, transform=ToTensor()), range(count))
        self.loader = DataLoader(
            data, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
        )
        self.device = device
        self.network = models.gap_cnn().to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), RATE)

    def epoch(self):
        """Train for one epoch; return its seconds and mean loss."""
        total = 0.0
        start = time.perf_counter()
        for images, labels in self.loader:
            images, labels = images.to(self.device), labels.to(self.device)
            loss = functional.cross_entropy(self.network(images), labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(labels)
        return time.perf_counter() - start, total / len(self.loader.dataset)


class EpochTimes(pl.Callback):
    """Record the time and the loss of each epoch."""

    def __init__(self):
        self.results = []

    def on_train_epoch_start(self, trainer, module):
        """Start the clock."""
        self.start = time.perf_counter()

    def on_train_epoch_end(self, trainer, module):
        """Stop it once the device is done."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = time.perf_counter() - self.start
        self.results.append((seconds, float(trainer.callback_metrics["train_loss"])))


class Book:
    """The book's module, data and Trainer; keeps its weights from epoch to epoch."""

    def __init__(self, count):
        torch.manual_seed(0)
        self.data = MNISTData(batch_size=BATCH, validation_size=HELD_OUT, train_size=count)
        self.module = Classifier(models.gap_cnn(), optimizer="adam", learning_rate=RATE)

    def epoch(self):
        """Train for one epoch; return its seconds and mean loss."""
        times = EpochTimes()
        trainer = pl.Trainer(
            max_epochs=1,
            accelerator="auto",
            devices=1,
            callbacks=[times],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            limit_val_batches=0,
            use_distributed_sampler=False,
        )
        trainer.fit(self.module, datamodule=self.data)
        return times.results[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=12_800, help="images per epoch")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of every method that count")
    parser.add_argument("--threads", type=int, help="processor threads (default: torch's choice)")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    count = min(arguments.images, len(datasets.mnist("train")) - HELD_OUT)
    print(
        f"torch {torch.__version__}, torchvision {torchvision.__version__}, {device}, "
        f"{torch.get_num_threads()} threads"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_for_torchvision(folder)
        ways = {
            "tutorial": Tutorial(folder, count, device, workers=0),
            "tutorial, one worker": Tutorial(folder, count, device, workers=1),
            "book": Book(count),
        }
        results = {name: [] for name in ways}
        for _ in range(arguments.rounds + 1):
            for name, way in ways.items():
                results[name].append(way.epoch())
    print(f"\n{'':22}{'images/s':>10}{'epoch':>10}{'last loss':>11}")
    speed = {}
    for name, epochs in results.items():
        seconds = statistics.median(s for s, _ in epochs[1:])
        speed[name] = count / seconds
        print(f"{name:22}{speed[name]:>10,.0f}{seconds:>9.2f}s{epochs[-1][1]:>11.3f}")
    best = max(value for name, value in speed.items() if name != "book")
    print(f"\nthe book's method: {speed['book'] / best:.2f} times the faster of the others")


if __name__ == "__main__":
    sys.exit(main())
