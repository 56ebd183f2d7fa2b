"""Share the tests between processes so that what is expensive to set up is set up once.

Tests of one file stay in one process, and with them the fixtures of that file. Those of the built
pages are too many for that: there, tests of one page stay together, because loading and examining
it takes far longer than anything else.
"""

import re

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
