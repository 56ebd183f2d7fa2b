"""Train a model with Lightning: data modules, training loop, optimizers, and evaluation."""

from lecture_utils.training._classifier import Classifier, DivergedError
from lecture_utils.training._data_modules import (
    BatchDataModule,
    FashionMNISTData,
    InMemoryDataModule,
    InMemoryDataset,
    MNISTData,
    step_seed,
    to_unit_range,
)
from lecture_utils.training._evaluate import (
    TASKS,
    classification_loss,
    evaluate,
    predicted_classes,
    probabilities,
)
from lecture_utils.training._gradients import gradient_norms
from lecture_utils.training._image_folders import ImageDataModule, find_images
from lecture_utils.training._optimizers import OPTIMIZERS, SCHEDULES, parameter_groups
from lecture_utils.training._precision import best_precision, uses_cuda

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "TASKS",
    "BatchDataModule",
    "Classifier",
    "DivergedError",
    "FashionMNISTData",
    "ImageDataModule",
    "InMemoryDataModule",
    "InMemoryDataset",
    "MNISTData",
    "best_precision",
    "classification_loss",
    "evaluate",
    "find_images",
    "gradient_norms",
    "parameter_groups",
    "predicted_classes",
    "probabilities",
    "step_seed",
    "to_unit_range",
    "uses_cuda",
]
