"""The arithmetic of GradCamExplorer, imported in Chromium and compared with NumPy."""

import numpy as np
import pytest
from conftest import ROOT
from page_tools import read

rng = np.random.default_rng(9)
PLAIN = "(x) => x.length === undefined ? x : Array.from(x)"


@pytest.fixture(scope="module")
def call(browser, serve_for_module, tmp_path_factory):
    """Call a function of `evidence.js`; arrays go as Float32Array where they are NumPy's."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    base = serve_for_module(folder)
    page = browser.new_page()
    page.goto(f"{base}/index.html")

    def run(name, *values):
        plain = [
            {"typed": value.ravel().astype(float)} if isinstance(value, np.ndarray) else value
            for value in values
        ]
        return read(
            page,
            f"""async (values) => {{
              const m = await import('{base}/widgets/grad_cam_explorer/evidence.js');
              const typed = (v) => v?.typed ? Float32Array.from(v.typed) : Array.isArray(v) ? v.map(typed) : v;
              return ({PLAIN})(m.{name}(...values.map(typed)));
            }}""",
            plain,
        )

    yield run
    page.close()


def test_sums_signs_and_distances(call):
    for channels, area in ((1, 1), (5, 49), (12, 30)):
        maps = rng.normal(size=(channels, area)).astype(np.float32)
        weights = rng.normal(size=channels).astype(np.float32)
        whole = weights @ maps
        np.testing.assert_allclose(call("weightedSum", weights, maps, area), whole, atol=1e-5)
        np.testing.assert_allclose(call("keep", whole, "positive"), whole.clip(0), atol=1e-6)
        np.testing.assert_allclose(call("keep", whole, "negative"), whole.clip(max=0), atol=1e-6)
        np.testing.assert_allclose(call("keep", whole, "both"), whole)
        other = maps[0]
        np.testing.assert_allclose(call("difference", whole, other), whole - other, atol=1e-6)
        expected = np.linalg.norm(other - whole) / np.linalg.norm(whole)
        assert call("distance", other, whole) == pytest.approx(expected, rel=1e-5)
        assert call("total", whole) == pytest.approx(whole.sum(), abs=1e-4)
        assert call("peak", whole) == whole.argmax()
    assert call("distance", np.ones(4), np.zeros(4)) == 0
    assert call("addMaps", [], 3) == [0, 0, 0]


def test_ranking(call):
    logits = rng.normal(scale=5, size=1000).astype(np.float32)
    logits[7] = logits[900]
    assert call("ranking", logits) == np.argsort(-logits, kind="stable").tolist()


def test_search(call):
    names = [
        "goldfish",
        "golden retriever",
        "marigold",
        "German shepherd",
        "sea-horse",
        "Shetland sheepdog",
    ]
    assert call("search", names, "gold") == [0, 1, 2]
    assert call("search", names, "GOLD ret") == [1]
    assert call("search", names, "she") == [3, 5]
    assert call("search", names, "horse") == [4]
    assert call("search", names, "  ") == [] and call("search", names, "zz") == []
