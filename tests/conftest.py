"""Give each test the same random numbers, whichever tests ran before it, and share the tests
between processes so that what is expensive to set up is set up once.

Tests of one file stay in one process, and with them the fixtures of that file. Those of the built
pages are too many for that: there, tests of one page stay together, because loading and examining
it takes far longer than anything else.
"""

import random
import re
import sys

import numpy as np
import pytest
from xdist.scheduler import LoadScopeScheduling


class PageScheduling(LoadScopeScheduling):
    """Hand out files one after the other, and of the site's tests the pages."""

    def _split_scope(self, nodeid):
        file, _, test = nodeid.partition("::")
        page = re.search(r"\[(?:(?:light|dark|\d+)-)?(.+\.html)", test)
        return f"{file}::{page[1]}" if page and file.endswith("test_site.py") else file


def pytest_xdist_make_scheduler(config, log):
    """Use it with ``--dist loadscope``, which asks for tests that belong together."""
    return PageScheduling(config, log) if config.getvalue("dist") == "loadscope" else None


#: How the generators named `rng`, which the tests of a module share, were when they started.
_generators = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Seed all generators before the test's fixtures are set up.

    The seed is the same for every test, so that a fixture for a whole module doesn't depend on the
    test that needs it first.
    """
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    module = getattr(item, "module", None)
    rng = getattr(module, "rng", None)
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = _generators.setdefault(module, rng.bit_generator.state)
