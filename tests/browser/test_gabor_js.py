"""The arithmetic of GaborLab, module by module in Chromium, compared with NumPy and
`lecture_utils`.
"""

import warnings

import numpy as np
import pytest
from conftest import ROOT
from page_tools import read
from skimage.filters import gabor_kernel as reference_kernel

from lecture_utils.filter_banks import GaborBank, gabor_kernel
from lecture_utils.palette import cyclic_lut, sequential_lut

rng = np.random.default_rng(3)


@pytest.fixture(scope="module")
def call(browser, serve_for_module, tmp_path_factory):
    """Run JavaScript with the exports of a module as `m`; arrays arrive as typed arrays."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    base = serve_for_module(folder)
    page = browser.new_page()
    page.goto(f"{base}/index.html")

    def run(module, code, **values):
        names = ", ".join(values)
        return read(
            page,
            f"async ({{{names}}}) => {{ const m = await import('{base}/widgets/{module}.js'); {code} }}",
            values,
        )

    yield run
    page.close()


def random_settings(elongated):
    frequency, theta = rng.uniform(0.02, 0.6), rng.uniform(0, np.pi)
    sigma, phase = rng.uniform(0.5, 8), rng.uniform(-3, 3)
    return frequency, theta, sigma, sigma * (rng.uniform(0.5, 3) if elongated else 1), phase


def bank_of(frequency, theta, sigma, sigma_y, phase):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return GaborBank.from_list([(frequency, theta, (sigma, sigma_y))], phase=phase)


KERNEL = """
const k = m.gaborKernel(frequency, theta, sigma, { sigmaY, phase });
return [k.height, k.width, [...k.re], [...k.im], [...k.envelope]];
"""


@pytest.mark.filterwarnings("ignore:on the pixel grid")
@pytest.mark.parametrize("elongated", [False, True])
@pytest.mark.parametrize("draw", range(6))
def test_kernels_are_those_of_python_and_of_scikit_image(call, elongated, draw):
    frequency, theta, sigma, sigma_y, phase = random_settings(elongated)
    height, width, re, im, envelope = call(
        "_shared/math/gabor",
        KERNEL,
        frequency=frequency,
        theta=theta,
        sigma=sigma,
        sigmaY=sigma_y,
        phase=phase,
    )
    kernel = np.reshape(re, (height, width)) + 1j * np.reshape(im, (height, width))
    options = {"theta": theta, "sigma_x": sigma, "sigma_y": sigma_y}
    for expected in (
        gabor_kernel(frequency, **options, phase=phase),
        reference_kernel(frequency, **options, offset=phase),
    ):
        assert kernel.shape == expected.shape
        np.testing.assert_allclose(kernel, expected, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_allclose(np.reshape(envelope, kernel.shape), np.abs(kernel), atol=1e-15)


RESPOND = """
const engine = m.makeGaborEngine(h, w);
const pixels = Float32Array.from(image);
// Once with other settings before, because everything is filled anew and nothing may be left over.
engine.respond(pixels, { frequency: 0.2, theta: 2, sigma: 5, sigmaY: 5 * (sigmaY / sigma) });
const first = engine.respond(pixels, { frequency, theta, sigma, sigmaY, phase });
const again = engine.respond(pixels, { frequency, theta, sigma, sigmaY, phase });
return [[...again.re], [...again.im], first.re === again.re && first.im === again.im];
"""


@pytest.mark.parametrize("elongated", [False, True])
@pytest.mark.parametrize("shape", [(64, 64), (41, 90), (28, 28), (5, 33), (1, 1), (130, 3)])
def test_responses_are_those_of_the_bank(call, shape, elongated):
    settings = random_settings(elongated)
    image = rng.random(shape).astype(np.float32)
    names = ("frequency", "theta", "sigma", "sigmaY", "phase")
    re, im, same = call(
        "_shared/math/gabor",
        RESPOND,
        h=shape[0],
        w=shape[1],
        image=image.ravel(),
        **dict(zip(names, settings, strict=True)),
    )
    response = np.reshape(re, shape) + 1j * np.reshape(im, shape)
    expected = bank_of(*settings).responses(image.astype(np.float64))[0]
    np.testing.assert_allclose(response, expected, atol=2e-7 * np.abs(expected).max())
    assert same, "arrays must be reused"


def test_another_image_of_the_same_size(call):
    images = rng.random((2, 30, 40)).astype(np.float32)
    code = """
    const engine = m.makeGaborEngine(30, 40);
    const settings = { frequency: 0.1, theta: 1, sigma: 2, sigmaY: 4 };
    return images.map((image) => [...engine.respond(Float32Array.from(image), settings).re]);
    """
    results = call("_shared/math/gabor", code, images=images.reshape(2, -1))
    expected = bank_of(0.1, 1, 2, 4, 0).responses(images.astype(np.float64))[:, 0].real
    np.testing.assert_allclose(
        np.reshape(results, images.shape), expected, atol=2e-7 * np.abs(expected).max()
    )


@pytest.mark.parametrize("shape", [(1, 1), (4, 6), (9, 8), (24, 27), (54, 54), (64, 18)])
def test_fourier_transforms(call, shape):
    values = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    filled = max(1, shape[0] // 2)
    values[filled:] = 0
    code = """
    const t = m.imageTransform(h, w);
    const [a, b] = [Float64Array.from(re), Float64Array.from(im)];
    t.forward(a, b, filled);
    const spectrum = [[...a], [...b]];
    t.inverse(a, b);
    return [...spectrum, [...a], [...b]];
    """
    parts = call(
        "_shared/math/fourier",
        code,
        h=shape[0],
        w=shape[1],
        filled=filled,
        re=values.real.ravel(),
        im=values.imag.ravel(),
    )
    a, b, c, d = (np.reshape(part, shape) for part in parts)
    np.testing.assert_allclose(a + 1j * b, np.fft.fft2(values), atol=1e-12 * values.size)
    np.testing.assert_allclose(c + 1j * d, values, atol=1e-12)


def test_fast_lengths(call):
    lengths = call(
        "_shared/math/fourier", "return sizes.map(m.fastLength)", sizes=[1, 7, 31, 304, 349, 513]
    )
    assert lengths == [1, 8, 32, 324, 384, 576]


@pytest.mark.parametrize("shape", [(5, 5), (3, 17), (25, 25)])
def test_the_transfer_function(call, shape):
    kernel = rng.normal(size=shape)
    code = """
    const out = new Float32Array(41 * 41);
    const largest = m.transferMagnitude(Float64Array.from(kernel), h, w, 41, out);
    return [largest, [...out]];
    """
    largest, out = call("gabor_lab/transfer", code, kernel=kernel.ravel(), h=shape[0], w=shape[1])
    frequencies = np.linspace(-0.5, 0.5, 41)
    y, x = (np.arange(-(side // 2), side // 2 + 1) for side in shape)
    down = np.exp(-2j * np.pi * np.outer(frequencies, y))
    across = np.exp(-2j * np.pi * np.outer(x, frequencies))
    expected = np.abs(down @ kernel @ across)
    np.testing.assert_allclose(np.reshape(out, expected.shape), expected, rtol=1e-5, atol=1e-6)
    assert largest == pytest.approx(expected.max())


def test_places_in_the_frequency_plane(call):
    code = "return m.settingsAt(u, v)"
    for theta in np.linspace(0, np.pi, 7, endpoint=False):
        for sign in (1, -1):
            u, v = sign * 0.3 * np.cos(theta), sign * 0.3 * np.sin(theta)
            found = call("gabor_lab/state", code, u=u, v=v)
            assert found["frequency"] == pytest.approx(0.3)
            # 0 and pi are the same wave, and rounding decides between them.
            difference = (found["theta"] - theta + np.pi / 2) % np.pi - np.pi / 2
            assert difference == pytest.approx(0, abs=1e-12)
            assert 0 <= found["theta"] <= np.pi


@pytest.mark.parametrize(
    ("frequency", "theta", "u", "v", "aliased"),
    [
        (0.16, 1.2, 0.16 * np.cos(1.2), 0.16 * np.sin(1.2), False),
        (0.5, 0, 0.5, 0, False),
        (0.6, 0, -0.4, 0, True),
        (0.7, np.pi / 4, 0.7 * np.sqrt(0.5), 0.7 * np.sqrt(0.5), False),
        (0.75, 1.5, 0.75 * np.cos(1.5), 0.75 * np.sin(1.5) - 1, True),
    ],
)
def test_the_spot_of_a_wave_and_of_its_alias(call, frequency, theta, u, v, aliased):
    found = call(
        "gabor_lab/state", "return m.spot(frequency, theta)", frequency=frequency, theta=theta
    )
    assert found == {"u": pytest.approx(u), "v": pytest.approx(v), "aliased": aliased}


def test_color_tables_are_those_of_python(call):
    code = (
        "return [m.sequentialLut(false), m.sequentialLut(true), m.cyclicLut()].map((t) => [...t])"
    )
    tables = call("_shared/ui/color", code)
    for table, expected in zip(
        tables, (sequential_lut(), sequential_lut(dark=True), cyclic_lut()), strict=True
    ):
        channels = [[(color >> shift) & 255 for shift in (0, 8, 16)] for color in table]
        np.testing.assert_array_equal(channels, expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.12346"),
        (-2.5, "−2.5"),
        (1e-18, "0"),
        (0.000012345678, "1.2346e−5"),
        (-1.5e7, "−1.5e7"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_with_significant_digits(call, value, text):
    code = "return m.precise(value ?? NaN)"
    assert call("_shared/math/numbers", code, value=None if np.isnan(value) else value) == text
