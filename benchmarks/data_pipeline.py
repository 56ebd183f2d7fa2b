"""Photos per second from files to batches, and a whole epoch: the lecture's way and the book's.

    LECTURE_DATA=FOLDER python benchmarks/data_pipeline.py [--images N] [--side N] [--rounds N]
        [--threads N] [--device NAME]

Uses the 2,000 training photos of Cats vs Dogs (or, if they are missing, as many drawings),
150x150 pixels, batches of 20:

- The lecture's: torchvision's `ImageFolder` with Resize, RandomRotation, RandomResizedCrop,
  RandomHorizontalFlip, RandomAffine (shear), ColorJitter, ToTensor and Normalize, one image at a
  time in one worker of a `DataLoader`.
- The book's: `ImageDataModule`, which has decoded and resized the images once, and `Augment`,
  which changes a whole batch; in the main process, without a worker.

First the pipelines alone: in the first epoch, when the book's decodes and writes its cache, and in
later ones; the book's with one thread, as the worker has, and with all. Then an epoch of training
the lecture's network (four convolutions, Adam) with Lightning's Trainer, from first batch to last
step: the lecture's module unchanged, with one worker and, as in the lecture, with none; the book's
as in its recorded runs. The methods take turns. The mean losses are printed to show that both
learn.
"""

import argparse
import logging
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch
import torchvision
from _common import verdict
from PIL import Image
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import transforms

from lecture_utils import datasets, models
from lecture_utils.augmentation import Augment
from lecture_utils.training import Classifier, ImageDataModule, to_unit_range

LECTURE_NAME = "lecture, 1 worker"
SIZE, BATCH, RATE = (150, 150), 20, 1e-3
FASTER_PIPELINE, FASTER_EPOCH = 6.0, 1.6
LECTURE = transforms.Compose(
    [
        transforms.Resize(SIZE),
        transforms.RandomRotation(40),
        transforms.RandomResizedCrop(SIZE, scale=(0.8, 1.2)),
        transforms.RandomHorizontalFlip(),
        transforms.RandomAffine(degrees=0, shear=20),
        transforms.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.5] * 3, std=[0.5] * 3),
    ]
)
BOOK = Augment(
    degrees=40, crop=(0.8, 1.2), flip=0.5, shear=20, brightness=0.2, contrast=0.2, saturation=0.2
)


def normalized(images):
    """Apply the lecture's Normalize."""
    return BOOK(images).sub_(0.5).div_(0.5)


def one_thread(_):
    torch.set_num_threads(1)


def choose(folder, count, side, target):
    """Copy `count` photos, half of each class, into a folder that both methods read."""
    for split, number in (("train", count), ("validation", 2)):
        for kind in sorted(path for path in (folder / "train").iterdir() if path.is_dir()):
            place = target / split / kind.name
            place.mkdir(parents=True)
            for photo in sorted(kind.glob("*.jpg"))[: number // 2]:
                if side is None:
                    (place / photo.name).symlink_to(photo.resolve())
                    continue
                with Image.open(photo) as image:
                    factor = side / max(image.size)
                    size = [round(factor * pixels) for pixels in image.size]
                    image.resize(size, Image.Resampling.BICUBIC).save(
                        place / photo.name, quality=90
                    )


def lecture_loader(folder, workers):
    data = torchvision.datasets.ImageFolder(folder / "train", LECTURE)
    return DataLoader(
        data, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0,
        worker_init_fn=one_thread if workers else None,
    )  # fmt: skip


def book_data(folder):
    data = ImageDataModule(folder, BATCH, SIZE, augment=normalized)
    data.setup("fit")
    return data


def seconds_of(batches):
    start = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - start


def time_pipelines(folder, rounds):
    """Return seconds per epoch of all methods: a list each, the first epoch first."""
    threads = torch.get_num_threads()
    lecture = lecture_loader(folder, workers=1)
    cold = time.perf_counter()
    data = book_data(folder)

    def book(threads):
        torch.set_num_threads(threads)
        return seconds_of(
            normalized(to_unit_range(images)) for images, _ in data.train_dataloader()
        )

    many, one = f"book, {threads} threads", "book, 1 thread"
    book(threads)
    # Reading the files is the same for both variants of the book's method.
    times = {many: [time.perf_counter() - cold], one: [None], LECTURE_NAME: [seconds_of(lecture)]}
    for _ in range(rounds):
        times[LECTURE_NAME].append(seconds_of(lecture))
        times[one].append(book(1))
        times[many].append(book(threads))
    torch.set_num_threads(threads)
    return times, one, many


class LectureModule(pl.LightningModule):
    """Train as the lecture does: binary cross-entropy, Adam, accuracy and loss logged."""

    def __init__(self):
        super().__init__()
        self.network = models.cats_cnn()

    def training_step(self, batch, _):
        """Compute the loss of a batch."""
        images, labels = batch
        logits = self.network(images)[:, 0]
        loss = functional.binary_cross_entropy_with_logits(logits, labels.float())
        right = ((logits > 0) == labels.bool()).float().mean()
        self.log_dict({"train_loss": loss, "train_accuracy": right}, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self):
        """Create the Adam optimizer."""
        return torch.optim.Adam(self.parameters(), RATE)


class Stopwatch(pl.Callback):
    """Time every epoch: only training, without Lightning's work before and after it."""

    def __init__(self):
        self.seconds = []

    def on_train_epoch_start(self, *_):
        """Start."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, *_):
        """Record an intermediate time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds_so_far = time.perf_counter() - self.start

    def on_train_epoch_end(self, *_):
        """Keep the last intermediate time."""
        self.seconds.append(self.seconds_so_far)


def train(device, make, loader):
    """Train two epochs; return the seconds of the second and its loss."""
    watch = Stopwatch()
    torch.manual_seed(0)
    trainer = pl.Trainer(
        accelerator=device, devices=1, max_epochs=2, callbacks=[watch], logger=False,
        limit_val_batches=0, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, use_distributed_sampler=False,
    )  # fmt: skip
    trainer.fit(make(), loader)
    return watch.seconds[-1], trainer.callback_metrics["train_loss"].item()


def book_module():
    return Classifier(models.cats_cnn(), task="binary", learning_rate=RATE)


def time_epochs(folder, rounds, device):
    ways = {
        LECTURE_NAME: (LectureModule, lecture_loader(folder, 1)),
        "lecture, no worker": (LectureModule, lecture_loader(folder, 0)),
        "book": (book_module, book_data(folder)),
    }
    results = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            results[name].append(train(device, *way))
    return results


def find_images(count):
    photos = datasets.cats_vs_dogs()
    if photos.source == "embedded":
        photos = datasets.drawn_pets((count, 100, 100))
    return photos


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=2000, help="number of training images")
    parser.add_argument(
        "--side",
        type=int,
        help="resize the photos on disk to this longer side (the public ones have 500)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns of each method")
    parser.add_argument("--threads", type=int, help="threads of training (default: all processors)")
    parser.add_argument("--device", default="cpu", help="for training: cpu, gpu (default: cpu)")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    if options.threads:
        torch.set_num_threads(options.threads)
    data = find_images(options.images)
    count = 2 * (options.images // 2)
    print(
        f"{data.origin}: {count:,}"
        + (f", resized to {options.side} pixels on disk" if options.side else "")
        + f"; {SIZE[0]}x{SIZE[1]} pixels, batches of {BATCH}\n"
        f"Python {platform.python_version()}, torch {torch.__version__}, torchvision "
        f"{torchvision.__version__}, {os.cpu_count()} processors"
    )
    if (load := os.getloadavg()[0] if hasattr(os, "getloadavg") else 0) > 0.5:
        print(f"warning: other programs are busy (load {load:.1f})", file=sys.stderr)
    scratch = Path(tempfile.mkdtemp())
    try:
        choose(Path(data), count, options.side, scratch / "images")
        # A separate cache, because the first epoch should decode.
        os.environ["LECTURE_CACHE"] = str(scratch / "cache")
        met = report(scratch / "images", count, options.rounds, options.device)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(not met)


def report(folder, count, rounds, device):
    times, one, many = time_pipelines(folder, rounds)
    print(f"\n{'pipeline: images per second':34}{'first epoch':>14}{'later epochs':>14}")
    warm = {}
    for name in (LECTURE_NAME, one, many):
        first, *later = times[name]
        warm[name] = count / statistics.median(later)
        print(f"  {name:32}{'' if first is None else f'{count / first:.0f}':>14}{warm[name]:14.0f}")
    results = time_epochs(folder, rounds, device)
    print(f"\n{'training, ' + device:34}{'seconds':>14}{'images/s':>14}{'loss':>10}")
    epoch = {}
    for name, result in results.items():
        epoch[name] = statistics.median(seconds for seconds, _ in result)
        print(f"  {name:32}{epoch[name]:14.1f}{count / epoch[name]:14.0f}{result[-1][1]:10.3f}")
    print()
    met = True
    for name in (one, many):
        claim = f"later epochs, times the images of the lecture's worker: {name}"
        faster = warm[name] / warm[LECTURE_NAME]
        met &= verdict(claim, faster, FASTER_PIPELINE, at_least=True)
    for way in (LECTURE_NAME, "lecture, no worker"):
        claim = f"whole epoch, times as fast as the {way}"
        met &= verdict(claim, epoch[way] / epoch["book"], FASTER_EPOCH, at_least=True)
    return met


if __name__ == "__main__":
    main()
