"""The book's interactive demos.

Each demo is an `anywidget <https://anywidget.dev>`_: one ES module that computes in the browser, so
that the same source runs in JupyterLab, in Colab and, with no kernel at all, on the static site.
Every demo lives in a folder of its own, Python and JavaScript side by side.
"""

from importlib import import_module

_DEMOS = {
    "AccuracyCost": "accuracy_cost",
    "ArchitectureExplorer": "architecture_explorer",
    "AugmentationLab": "augmentation_lab",
    "Challenge": "challenge",
    "ConvolutionLab": "convolution_lab",
    "ConvolutionMatrix": "convolution_matrix",
    "ConvolutionSteps": "convolution_steps",
    "DrawADigit": "draw_a_digit",
    "EmbeddingMap": "embedding_map",
    "FactorizationLab": "factorization_lab",
    "FeatureMapExplorer": "feature_map_explorer",
    "FeatureMaps": "feature_maps",
    "FilterBankExplorer": "filter_bank_explorer",
    "FilterEvolution": "filter_evolution",
    "FilterGallery": "filter_gallery",
    "FilterLearner": "filter_learner",
    "GaborLab": "gabor_lab",
    "GradCamExplorer": "grad_cam_explorer",
    "LayerLab": "layer_lab",
    "ModelBuilder": "model_builder",
    "Quiz": "quiz",
    "ReceptiveFieldLab": "receptive_field_lab",
    "RegularizationLab": "regularization_lab",
    "ResponseQuiz": "response_quiz",
    "TrainingCurves": "training_curves",
    "TransferExplorer": "transfer_explorer",
}

__all__ = sorted(_DEMOS)


def __getattr__(name):
    # Demos are imported when asked for: a chapter with one demo need not read the files of all.
    if name not in _DEMOS:
        raise AttributeError(f"no demo is called {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_DEMOS[name]}"), name)


def __dir__():
    return __all__
