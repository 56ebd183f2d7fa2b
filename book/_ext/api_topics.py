"""Which chapter explains which part of ``lecture_utils``: the links of the API reference.

This is the only place for this information. The pages under ``book/api`` and the last line of every
chapter are generated from it; ``tests/unit/test_api_reference.py`` compares it with the imports of
the notebooks.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Topic:
    """One page of the API reference.

    Attributes
    ----------
    title : str
        Title of the page, and of the links to it.
    chapters : dict of int to tuple of str
        The chapters that explain the topic, and the names that each of them explains. Names in none
        of the tuples belong to the first chapter. Empty for tools that no chapter explains.
    used_in : tuple of int
        Other chapters, which only use the topic.
    verb : str
        How the chapters present the topic: "Derived", "Introduced", "Shown".
    submodules : tuple of str
        Public modules inside the package with their own section on the page.
    """

    title: str
    chapters: dict[int, tuple[str, ...]] = field(default_factory=dict)
    used_in: tuple[int, ...] = ()
    verb: str = "Derived"
    submodules: tuple[str, ...] = ()

    def chapter_of(self, name):
        """Return the number of the chapter that explains a name, or None."""
        for number, names in self.chapters.items():
            if name in names:
                return number
        return next(iter(self.chapters), None)


TOPICS = {
    "convolution": Topic("Convolution", {1: (), 3: ("convolution_matrix",)}, used_in=(2,)),
    "filter_banks": Topic("Filter banks", {2: ()}, used_in=(1,)),
    "geometry": Topic(
        "Geometry of layers",
        {3: (), 1: ("output_size", "padding_per_side")},
        used_in=(4, 5, 7, 8),
    ),
    "architectures": Topic("Architectures", {7: ()}, used_in=(9,)),
    "models": Topic(
        "Models",
        {
            4: (),
            3: ("filter_network", "gabor_filters", "smooth_filters"),
            5: ("cats_cnn",),
            7: ("DeepBlock", "deep_cnn", "small_vgg", "ResidualBlock", "InvertedBottleneck"),
            9: ("efficientnet_lite0", "from_original_names"),
        },
        used_in=(6,),
        verb="Introduced",
    ),
    "datasets": Topic(
        "Datasets",
        {
            1: (),
            4: ("mnist",),
            5: ("cats_vs_dogs", "drawn_pets", "ImageFolders", "pets"),
        },
        used_in=(2, 3, 6, 7, 8, 9),
        verb="Introduced",
        submodules=("pets",),
    ),
    "augmentation": Topic("Augmentation", {6: ()}),
    "training": Topic(
        "Training",
        {
            4: (),
            5: ("ImageDataModule", "find_images", "to_unit_range"),
            7: ("gradient_norms",),
            9: ("parameter_groups",),
        },
        used_in=(6, 8),
        verb="Introduced",
    ),
    "runs": Topic(
        "Recorded runs",
        {4: (), 3: ("filters",), 6: ("regularization",), 9: ("transfer",)},
        used_in=(5, 7, 8),
        verb="Introduced",
        submodules=("filters", "regularization", "transfer"),
    ),
    "statistics": Topic(
        "Statistics",
        {
            6: (),
            1: ("wilson",),
            2: ("holm", "mcnemar"),
            3: ("paired_t", "t_interval"),
            4: ("calibration_error", "calibration_error_if_calibrated", "welch"),
        },
        used_in=(5, 8, 9),
    ),
    "profiling": Topic("Profiling", {7: ()}, verb="Introduced"),
    "interpretation": Topic("Interpretation", {8: ()}, submodules=("recordings",)),
    "pretrained": Topic("Pretrained models", {8: ()}, used_in=(9,), verb="Introduced"),
    "transfer": Topic("Transfer learning", {9: ()}),
    "widgets": Topic(
        "Demos",
        {
            1: ("Challenge", "ConvolutionLab", "ConvolutionSteps", "Quiz"),
            2: ("FilterBankExplorer", "GaborLab"),
            3: (
                "ConvolutionMatrix",
                "FeatureMaps",
                "FilterEvolution",
                "FilterLearner",
                "LayerLab",
                "ReceptiveFieldLab",
            ),
            4: ("DrawADigit", "ModelBuilder"),
            5: ("TrainingCurves",),
            6: ("AugmentationLab", "RegularizationLab"),
            7: ("AccuracyCost", "ArchitectureExplorer", "FactorizationLab"),
            8: ("FeatureMapExplorer", "FilterGallery", "GradCamExplorer", "ResponseQuiz"),
            9: ("EmbeddingMap", "TransferExplorer"),
        },
        verb="Shown",
    ),
    "challenges": Topic(
        "Challenges",
        {number: (f"chapter_{number}",) for number in range(1, 10)},
        verb="Introduced",
        submodules=tuple(f"chapter_{number}" for number in range(1, 10)),
    ),
    "plotting": Topic("Plotting", used_in=(1, 2, 3, 4, 5, 6, 7, 8, 9)),
    "palette": Topic("Colors"),
    "evidence": Topic("Evidence for sentences", used_in=(1, 2, 3, 4, 5, 6, 7, 8, 9)),
    "exercises": Topic("Exercises", {1: ()}, used_in=(2, 3, 4, 5, 6, 7, 8, 9), verb="Introduced"),
}


def topics_of(chapter):
    """Return two lists of topics: those that a chapter explains, and those that it only uses."""
    explained = [name for name, topic in TOPICS.items() if chapter in topic.chapters]
    used = [name for name, topic in TOPICS.items() if chapter in topic.used_in]
    return explained, used
