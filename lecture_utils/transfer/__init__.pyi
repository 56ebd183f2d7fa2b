__all__ = [
    "EmbeddedDataModule",
    "EmbeddingMaps",
    "TransferNetwork",
    "agreement",
    "align",
    "attach_head",
    "embed",
    "embed_augmented",
    "freeze",
    "load_pet_maps",
    "make_maps",
    "nearest",
    "pca",
    "run_in_batches",
    "split",
    "trainable_parameters",
    "tsne",
]

from ._embedding import (
    EmbeddedDataModule as EmbeddedDataModule,
)
from ._embedding import (
    embed as embed,
)
from ._embedding import (
    embed_augmented as embed_augmented,
)
from ._embedding import (
    run_in_batches as run_in_batches,
)
from ._freeze import freeze as freeze
from ._network import (
    TransferNetwork as TransferNetwork,
)
from ._network import (
    attach_head as attach_head,
)
from ._network import (
    split as split,
)
from ._network import (
    trainable_parameters as trainable_parameters,
)
from ._pet_maps import load_pet_maps as load_pet_maps
from ._projections import (
    EmbeddingMaps as EmbeddingMaps,
)
from ._projections import (
    agreement as agreement,
)
from ._projections import (
    align as align,
)
from ._projections import (
    make_maps as make_maps,
)
from ._projections import (
    nearest as nearest,
)
from ._projections import (
    pca as pca,
)
from ._projections import (
    tsne as tsne,
)
