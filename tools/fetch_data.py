"""Download the photos, MNIST, and torchvision's weights into the cache.

python tools/fetch_data.py [photos] [mnist] [fashion_mnist] [resnet18] [resnet50] [vgg16]

Without names, it downloads all of them, 1.5 GB, of which 0.8 GB are kept. Existing files are not
downloaded again. From then on, the book is built with photos instead of drawings, and with these
networks. Failed downloads are reported, and the others continue.
"""

import argparse
import sys
from functools import partial

from lecture_utils import datasets, pretrained

FETCH = {
    "photos": datasets.cats_vs_dogs,
    "mnist": datasets.mnist,
    "fashion_mnist": datasets.fashion_mnist,
    **{name: partial(pretrained.load, name) for name in ("resnet18", "resnet50", "vgg16")},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(FETCH)}")
    names = parser.parse_args().names or list(FETCH)
    if unknown := sorted(set(names) - set(FETCH)):
        parser.error(f"there is no {', '.join(unknown)}; use {', '.join(FETCH)}")
    failed = [name for name in names if not _fetch(name)]
    if failed:
        sys.exit(f"not downloaded: {', '.join(failed)}; the book uses drawings instead")


def _fetch(name):
    try:
        result = FETCH[name](download=True)
        # If the network fails, the search falls back to drawings and samples.
        whole = result.source != "embedded"
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        whole = False
    print(f"{name:14}{'is available' if whole else 'could not be downloaded'}")
    return whole


if __name__ == "__main__":
    main()
