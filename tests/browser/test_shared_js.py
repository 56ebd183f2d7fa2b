"""The modules that demos share, imported one by one in Chromium and compared with Python."""

import base64
import json
import re

import numpy as np
import pytest
import torch
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from page_tools import read

from lecture_utils.geometry import output_size
from lecture_utils.palette import gray_lut, signed_colors, signed_lut
from lecture_utils.widgets import _figure

rng = np.random.default_rng(1)


@pytest.fixture(scope="module")
def call(browser, serve_for_module, tmp_path_factory):
    """Run JavaScript with the exports of some shared modules: ``call("math/image",
    "m.resize(...)")``.
    """
    folder = tmp_path_factory.mktemp("modules")
    (folder / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    base = serve_for_module(folder)
    page = browser.new_page()
    page.goto(f"{base}/index.html")

    def run(module, code, **values):
        shared = module.partition("/")[0] in ("math", "nn", "ui")
        path = f"_shared/{module}" if shared else module
        names = ", ".join(values)
        return read(
            page,
            f"async ({{{names}}}) => {{ const m = await import('{base}/widgets/{path}.js'); {code} }}",
            values,
        )

    yield run
    page.close()


CORRELATE = """
const out = m.correlate2d(Float32Array.from(image), h, w, Float64Array.from(kernel), kh, kw, layer);
return [out.length, out];
"""


def correlate(call, image, kernel, **layer):
    (h, w), (kh, kw) = image.shape, kernel.shape
    _, values = call(
        "math/image",
        CORRELATE,
        image=image.ravel(),
        kernel=kernel.ravel(),
        h=h,
        w=w,
        kh=kh,
        kw=kw,
        layer=layer,
    )
    return np.array(values)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    size=st.tuples(st.integers(1, 23), st.integers(1, 23)),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    stride=st.integers(1, 4),
    padding=st.integers(0, 5),
    dilation=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_correlate2d_is_torchs_conv2d(call, size, kernel, stride, padding, dilation, seed):
    random = np.random.default_rng(seed)
    image = random.random(size).astype(np.float32)
    weights = random.normal(size=kernel)
    layer = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        shape = output_size(size, kernel, **layer)
    except ValueError:
        assert correlate(call, image, weights, **layer).size == 0
        return
    expected = torch.nn.functional.conv2d(
        torch.tensor(image, dtype=torch.float64)[None, None],
        torch.tensor(weights)[None, None],
        **layer,
    )[0, 0].numpy()
    result = correlate(call, image, weights, **layer).reshape(shape)
    np.testing.assert_allclose(result, expected, atol=1e-6 * max(1, np.abs(expected).max()))


def test_correlate2d_on_a_large_image(call):
    image = rng.random((256, 250)).astype(np.float32)
    kernel = rng.normal(size=(11, 11))
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), (11, 11))
    expected = np.einsum("yxij,ij->yx", windows, kernel)
    result = correlate(call, image, kernel).reshape(expected.shape)
    np.testing.assert_allclose(result, expected, atol=1e-6 * np.abs(expected).max())


def test_correlate2d_fills_the_array_it_is_given_and_leaves_no_trace_of_earlier_calls(call):
    same, values = call(
        "math/image",
        """
        const large = new Float32Array(400).fill(1), small = Float32Array.from([1, 2, 3, 4]);
        const kernel = new Float32Array(9).fill(1);
        m.correlate2d(large, 20, 20, kernel, 3, 3, { padding: 5 });
        const out = new Float32Array(4);
        const result = m.correlate2d(small, 2, 2, kernel, 3, 3, { padding: 1 }, out);
        return [result === out, Array.from(result)];""",
    )
    assert same
    assert values == [10, 10, 10, 10]


def test_output_size_is_geometrys(call):
    cases = rng.integers([1, 1, 1, 0, 1], [40, 12, 5, 6, 5], size=(300, 5)).tolist()
    ours = call(
        "math/image",
        "return cases.map(([n, k, stride, padding, dilation]) => m.outputSize(n, k, {stride, padding, dilation}));",
        cases=cases,
    )
    for (n, k, s, p, d), size in zip(cases, ours, strict=True):
        try:
            assert size == output_size(n, k, s, p, d)
        except ValueError:
            assert size == 0


def test_patch_is_zero_outside_of_the_image(call):
    image = rng.random((6, 5)).astype(np.float32)
    padded = np.pad(image, 4)
    for top, left, d in [(-4, -4, 1), (-2, 1, 2), (3, 2, 1), (0, 0, 2)]:
        patch = call(
            "math/image",
            "return Array.from(m.patchAt(Float32Array.from(image), 6, 5, top, left, 3, 3, d));",
            image=image.ravel().tolist(),
            top=top,
            left=left,
            d=d,
        )
        expected = padded[top + 4 :, left + 4 :][: 3 * d : d, : 3 * d : d]
        np.testing.assert_allclose(np.reshape(patch, (3, 3)), expected)


@pytest.mark.parametrize("source, target", [((12, 18), (4, 6)), ((7, 5), (3, 4)), ((4, 4), (8, 8))])
def test_resize_averages_areas(call, source, target):
    image = rng.random(source).astype(np.float32)
    result = call(
        "math/image",
        "return Array.from(m.resize(Float32Array.from(image), ...source, ...target));",
        image=image.ravel().tolist(),
        source=source,
        target=target,
    )
    # Repeat every pixel so often that both grids have whole cells, then average.
    fine = np.kron(image, np.ones(target))
    rows, columns = source
    blocks = fine.reshape(target[0], rows, target[1], columns)
    np.testing.assert_allclose(np.reshape(result, target), blocks.mean(axis=(1, 3)), atol=1e-6)


def test_gray(call):
    rgba = rng.integers(0, 256, (10, 4))
    rgba[:5, 3] = 255
    gray = call(
        "math/image",
        "return Array.from(m.toGray(Uint8ClampedArray.from(rgba)));",
        rgba=rgba.ravel().tolist(),
    )
    alpha = rgba[:, 3] / 255
    expected = (rgba[:, :3] / 255) @ [0.2125, 0.7154, 0.0721] * alpha + 1 - alpha
    np.testing.assert_allclose(gray, expected, atol=1e-6)


def test_probabilities_do_not_overflow(call):
    logits = np.r_[rng.normal(scale=5, size=20), 1000].astype(np.float32)
    for some in (logits, logits[:-1]):
        found = call("math/statistics", "return m.softmax(logits);", logits=some)
        expected = torch.tensor(some, dtype=torch.float64).softmax(0).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_counts_and_memory_in_few_characters(call):
    def write(code, numbers):
        return call("math/numbers", f"return numbers.map((n) => {code});", numbers=numbers)

    counts = [0, 513, 999, 1000, 9_999, 997_000, 999_960, 4_089_000_000, 102_800_000, 3 * 10**12]
    assert write("m.short(n)", counts) == (
        ["0", "513", "999", "1 k", "10 k", "997 k", "1 M", "4.1 G", "102.8 M", "3 T"]
    )
    assert write("m.short(n, { from: 1e4 })", [9_999, 10_000, 39_160_320]) == (
        ["9,999", "10 k", "39.2 M"]
    )
    assert write("m.short(n, { whole: true })", [102_800_000, 999_600, 25_600]) == (
        ["103 M", "1 M", "25.6 k"]
    )
    sizes = [0, 1023, 1024, 86_528, 2**20 - 1, 3 * 2**30]
    assert write("m.memory(n)", sizes) == (["0 B", "1023 B", "1 KiB", "84.5 KiB", "1 MiB", "3 GiB"])


def test_a_clock_never_runs_backward_and_does_not_leap(call):
    # The time of a frame is that of its beginning, which may lie before `start`.
    assert call(
        "ui/frame",
        """
        const { requestAnimationFrame: request, performance: { now } } = globalThis;
        let frame = null;
        globalThis.requestAnimationFrame = (callback) => { frame = callback; return 1; };
        performance.now = () => 1000;
        const seconds = [];
        m.clock((passed) => seconds.push(passed), new AbortController().signal).start();
        for (const time of [990, 1040, 61040]) frame(time);
        globalThis.requestAnimationFrame = request;
        performance.now = now;
        return seconds;""",
    ) == pytest.approx([0, 0.05, 0.1])


def test_the_thumbnail_of_an_array_follows_the_array(call):
    colors = call(
        "augmentation_lab/images",
        """
        const images = [0, 90].map((level) => new Uint8Array(12).fill(level));
        const panel = m.imagePanel({ names: ["a"], images: [images[0]], side: 2 });
        const found = [];
        for (const array of [images[1], new Uint8Array(12).fill(200)]) {
          panel.update("your array", array);
          const canvas = panel.element.querySelector("[value='your array'] + canvas");
          found.push(canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0]);
        }
        return found;""",
    )
    assert colors == [90, 200]


def test_color_tables_equal_pythons(call):
    def rgb(packed):
        packed = np.array(packed, dtype=np.int64)
        assert (packed >> 24 == 255).all()
        return np.stack([packed & 255, packed >> 8 & 255, packed >> 16 & 255], axis=1)

    for dark in (False, True):
        table = rgb(call("ui/color", "return Array.from(m.signedLut(dark));", dark=dark))
        np.testing.assert_array_equal(table, signed_lut(dark))
    np.testing.assert_array_equal(
        rgb(call("ui/color", "return Array.from(m.grayLut());")), gray_lut()
    )


def test_colors_of_values_equal_pythons_and_are_readable(call):
    values = [*np.linspace(-3, 3, 41), -9.0, 9.0]
    for dark in (False, True):
        colors = call(
            "ui/color", "return v.map((x) => m.signedColor(x, 2.5, dark));", v=values, dark=dark
        )
        for css, expected in zip(colors, signed_colors(values, 2.5, dark), strict=True):
            assert css["background"] == f"rgb({' '.join(map(str, expected))})"
            assert contrast(expected, css["ink"]) >= 4.5


def contrast(rgb, ink):
    part = np.asarray(rgb) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 1.05 / (luminance + 0.05) if ink == "#fff" else (luminance + 0.05) / 0.05


def test_raster_draws_values_nan_and_what_lies_outside(call):
    pixels = call(
        "ui/canvas",
        """
        const canvas = document.createElement("canvas");
        const draw = m.raster(canvas);
        draw(Float32Array.from([-9, -1, 0, 1, 9, NaN]), 2, 3, m.signedScale(1, false));
        const data = canvas.getContext("2d").getImageData(0, 0, 3, 2).data;
        return Array.from(data);""",
    )
    table = signed_lut()
    expected = table[[0, 0, 255, 510, 510, 255]]
    np.testing.assert_array_equal(np.reshape(pixels, (6, 4))[:, :3], expected)


def test_arrays_travel_both_ways_even_when_they_are_not_aligned(call):
    assert call(
        "math/arrays",
        """
        for (const Type of [Uint8Array, Int32Array, Float32Array, Float64Array]) {
          const array = Type.from([1, 2, 3, 4, 5, 6]);
          const sent = m.fromTyped(array.subarray(0, 6), [2, 3]);
          array[0] = 9;
          const bytes = new Uint8Array(sent.data.byteLength + 1);
          bytes.set(new Uint8Array(sent.data.buffer), 1);
          const shifted = { ...sent, data: new DataView(bytes.buffer, 1) };
          for (const value of [sent, shifted]) {
            const back = m.toTyped(value);
            if (!(back instanceof Type) || back.join() !== "1,2,3,4,5,6") return back.join();
          }
        }
        return "same";""",
    ) == ("same")


def test_arrays_that_cannot_travel_are_refused(call):
    code = """
        const tries = [
          () => m.toTyped({ shape: [2], dtype: "float16", data: new DataView(new ArrayBuffer(4)) }),
          () => m.toTyped({ shape: [3], dtype: "uint8", data: new DataView(new ArrayBuffer(4)) }),
          () => m.fromTyped([1, 2], [2]),
        ];
        return tries.map((f) => { try { f(); return "taken"; } catch (e) { return e.message; } });"""
    first, second, third = call("math/arrays", code)
    assert "float16" in first and "4 bytes" in second and "float32" in third


def test_numbers_are_written_for_readers(call):
    cases = {
        "0": 0,
        "1": 1.0,
        "−0.25": -0.25,
        "0.0039": 1 / 256,
        "12.35": 12.3456,
        "123.5": 123.456,
        "12346": 12345.6,
        "2.5e7": 2.5e7,
        "1e−7": 1e-7,
    }
    assert call(
        "math/numbers", "return v.map((x) => m.format(x));", v=list(cases.values())
    ) == list(cases)
    assert call("math/numbers", "return [NaN, Infinity, -Infinity].map((x) => m.format(x));") == [
        "NaN",
        "∞",
        "−∞",
    ]
    cells = {"0": 0, "0.00": 1e-5, "−0.003": -0.0034, "0.14": 0.1406}
    assert call(
        "math/numbers", "return v.map((x) => m.formatCell(x));", v=list(cells.values())
    ) == list(cells)


def test_a_share_is_100_percent_only_for_all(call):
    pairs = [(0, 7), (7, 7), (3370977, 3371921), (3_000, 4_000), (1_281, 27_000_000)]
    assert call(
        "transfer_explorer/text", "return pairs.map((pair) => m.share(...pair));", pairs=pairs
    ) == [
        "0%",
        "100%",
        ">99.9%",
        "75.0%",
        "0.0047%",
    ]


def test_a_percentage_is_0_only_for_nothing_and_100_only_for_all(call):
    written = {
        (0, 1): "0%",
        (1, 1): "100%",
        (1e-20, 1): "<0.1%",
        (0.0004, 1): "<0.1%",
        (0.0007, 1): "0.1%",
        (0.5, 1): "50%",
        (0.753, 1): "75.3%",
        (0.9994, 1): "99.9%",
        (0.9996, 1): ">99.9%",
        (0.004, 0): "<1%",
        (0.354, 0): "35%",
        (0.996, 0): ">99%",
        (2.3333, 1): "233.3%",
    }
    pairs = list(written)
    code = "return pairs.map((pair) => m.percent(...pair));"
    assert call("math/percent", code, pairs=pairs) == list(written.values())
    assert [_figure.percent(*pair) for pair in pairs] == list(written.values())


def test_what_two_images_make_up_is_a_whole(call):
    code = """
    const nothing = { affine: null, crop: null, flip: false, colors: [], noise: 0, erase: null };
    return shares.map((share) => m.describe({ ...nothing, share }, 112, "dog")[0][1]);"""
    assert call("augmentation_lab/text", code, shares=[0.352, 0.9998, 0.0002, 1e-20, 0]) == [
        "35% of this image, 65% of “dog”",
        ">99% of this image, <1% of “dog”",
        "<1% of this image, >99% of “dog”",
        "<1% of this image, >99% of “dog”",
        "0% of this image, 100% of “dog”",
    ]


def test_the_likeliest_class_is_not_all(call):
    code = """
    const picker = m.classPicker({ legend: "Class", names: ["cat", "dog"], onChoose() {} });
    picker.update(0, [0, 1], [0.9996, 0.0004]);
    return [...picker.element.querySelectorAll(".cam-share")].map((share) => share.textContent);"""
    assert call("grad_cam_explorer/class_picker", code) == [">99.9%", "<0.1%"]


def test_a_time_too_short_for_the_clock_is_not_zero(call):
    code = """
    const panel = m.verdictPanel({ get: () => null });
    const reader = { logits: new Float32Array(10), probabilities: new Float64Array(10).fill(0.1), image: () => [1] };
    return times.map((ms) => {
      panel.update({ ...reader, ms }, { label: 0 });
      return panel.element.lastChild.textContent;
    });"""
    assert call("draw_a_digit/verdict_panel", code, times=[0, 0.04, 0.3, 12.34]) == [
        "Computed here in less than a millisecond.",
        "Computed here in less than a millisecond.",
        "Computed here in 0.3 ms.",
        "Computed here in 12.3 ms.",
    ]


def test_a_misfit_names_a_padding_only_if_the_slider_reaches_it(call):
    code = """
    const lab = { h: 28, w: 28, rows: 0 };
    return cases.map(([k, dilation, padding]) => m.misfit({ ...lab, kh: k, kw: k, layer: { padding, dilation } }));"""
    cases = [(11, 3, 1), (11, 4, 5), (9, 4, 0), (8, 5, 0), (18, 2, 0), (80, 1, 0), (30, 1, 0)]
    starts, ends = [], []
    for text in call("convolution_lab/state", code, cases=cases):
        starts.append(text.split("×")[0])
        ends.append(text.split("Use a smaller kernel")[1])
    assert starts == ["An 11", "An 11", "A 9", "An 8", "An 18", "An 80", "A 30"]
    assert ends == [
        " or dilation, or a padding of at least 2.",
        " or dilation.",
        " or dilation, or a padding of at least 3.",
        " or dilation, or a padding of at least 4.",
        " or dilation, or a padding of at least 4.",
        ".",
        ", or a padding of at least 1.",
    ]


def test_the_name_of_a_run_may_break_behind_its_slashes(call):
    code = "return names.map((name) => m.runName(name).map((part) => part.tagName ?? part));"
    assert call("ui/curves/tables", code, names=["a/b", "runs/a/", "plain", "/", ""]) == [
        ["a/", "WBR", "b"],
        ["runs/", "WBR", "a/"],
        ["plain"],
        ["/"],
        [""],
    ]


def test_numbers_are_read_as_people_type_them(call):
    cases = {"-1.5": -1.5, "−1,5": -1.5, " 1/9 ": 1 / 9, "3": 3, "1e-2": 0.01, ".5": 0.5}
    cases |= {"0,125": 0.125, "-0,125": -0.125, "12,5": 12.5, "1234,567": 1234.567}
    assert call("math/numbers", "return v.map(m.parseNumber);", v=list(cases)) == list(
        cases.values()
    )
    bad = ["", "abc", "1/0", "1/2/3", "--1", "1 2", "/", "Infinity", "NaN"]
    # A thousand, or one?
    bad += ["1,000", "−12,345", "+123,456", "1/1,000", "1,000,000", "1,000.5"]
    assert call("math/numbers", "return v.map(m.parseNumber).every(Number.isNaN);", v=bad)


def test_what_is_said_twice_is_read_twice(call):
    # Only a change of the text is read.
    told = call(
        "ui/dom",
        """
        const later = window.setTimeout;
        window.setTimeout = (act) => { act(); return 0; };
        try {
          const { element, say } = m.announcer(new AbortController().signal);
          return ["Up.", "Up.", "Up.", "Down.", "", ""].map((text) => {
            say(text);
            return element.textContent;
          });
        } finally {
          window.setTimeout = later;
        }""",
    )
    assert told == ["Up.", "Up.\xa0", "Up.", "Down.", "", ""]


def test_counts_are_grouped_as_pythons(call):
    counts = [0, 7, 999, 1000, 12345, 10**15, *(10 ** rng.uniform(0, 15, 200)).astype(int).tolist()]
    assert call("math/numbers", "return counts.map(m.grouped)", counts=counts) == [
        f"{count:,}" for count in counts
    ]
    assert call("math/numbers", "return m.grouped(1234.5)") == "1,234.5"


@pytest.mark.parametrize("native", [True, False])
def test_base64_is_pythons(call, native):
    """With and without the browser's own decoder."""
    for length in (0, 1, 2, 3, 1000):
        data = rng.bytes(length)
        code = "if (!native) delete Uint8Array.fromBase64; return [...m.fromBase64(text)];"
        text = base64.b64encode(data).decode()
        assert call("math/base64", code, text=text, native=native) == list(data)


def test_kernel_operations(call):
    kernel = rng.normal(size=(3, 5))
    js = "{weights: Float64Array.from(k), kh: 3, kw: 5}"
    back = "return [r.kh, r.kw, Array.from(r.weights)];"
    for name, expected in {
        f"m.rotate({js})": np.rot90(kernel, -1),
        f"m.mirror({js})": kernel[:, ::-1],
        f"m.resizeKernel({js}, 3)": kernel[:, 1:4],
        f"m.resizeKernel({js}, 7)": np.pad(kernel, [(2, 2), (1, 1)]),
    }.items():
        kh, kw, weights = call(
            "math/kernel_ops", f"const r = {name}; {back}", k=kernel.ravel().tolist()
        )
        np.testing.assert_array_equal(np.reshape(weights, (kh, kw)), expected)


def test_normalize_says_what_it_did(call):
    def normalize(weights):
        return call(
            "math/kernel_ops",
            "const r = m.normalizeKernel(Float64Array.from(k)); return [Array.from(r.weights), r.said];",
            k=weights,
        )

    weights, said = normalize([1, 2, 1])
    assert weights == [0.25, 0.5, 0.25] and "sum to 1" in said
    weights, said = normalize([0.1, 0.2, -0.3])
    np.testing.assert_allclose(weights, np.array([0.1, 0.2, -0.3]) / 0.6)
    assert "±1" in said
    weights, said = normalize([0, 0])
    assert weights == [0, 0] and "nothing to normalize" in said


#: JavaScript: wait until all that was asked for before has been drawn and painted.
FRAMES = """
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const frames = async (count) => { for (let i = 0; i < count; i += 1) await frame(); };
"""


def test_once_per_frame_draws_once_and_never_loses_the_last_request(call):
    result = call(
        "ui/frame",
        FRAMES
        + """
        const life = new AbortController();
        let count = 0, seen = 0, value = 0;
        const request = m.oncePerFrame(() => { count += 1; seen = value; }, life.signal);
        for (value = 1; value < 50; value += 1) request();
        await frames(3);
        const first = [count, seen];
        value = 77; request(); life.abort(); request();
        await frames(3);
        return [...first, count];""",
    )
    assert result == [1, 50, 1]


# Presses arrive faster than they can be drawn, as with a held key on a slow phone. Drawings are
# counted per painted frame, so that the speed of the machine does not matter.
SLOW_DRAWINGS = (
    FRAMES
    + """
const clock = () => performance.timeOrigin + performance.now();
const life = new AbortController();
const drawn = [], times = [];
let value = 0, most = 0, inFrame = 0;
const count = () => { most = Math.max(most, inFrame); inFrame = 0; tick(); };
const tick = () => { if (!life.signal.aborted) requestAnimationFrame(count); };
tick();
const draw = () => {
  const until = performance.now() + 40;
  while (performance.now() < until);
  inFrame += 1;
  drawn.push(value);
  times.push(clock());
};
"""
)
PROMPTLY = SLOW_DRAWINGS + "const request = m.promptly(draw, life.signal);"
#: What must not be: one drawing for each request.
LAGGING = SLOW_DRAWINGS + "const request = () => queueMicrotask(draw);"

# A busy machine lets the keyboard wait: then it makes all presses that are due. One press at a time
# would leave so much time between them that each of them could be drawn.
HOLD_DOWN = """
const presses = `let n = 0; const start = performance.now(); const timer = setInterval(() => {
  const due = Math.min(60, Math.floor((performance.now() - start) / 4));
  while (n < due) postMessage([n += 1, performance.timeOrigin + performance.now()]);
  if (n === 60) clearInterval(timer); }, 4);`;
const keyboard = new Worker(URL.createObjectURL(new Blob([presses])));
const lastMade = await new Promise((done) => {
  keyboard.onmessage = ({ data: [press, made] }) => {
    value = press;
    request();
    if (value === 60) done(made);
  };
});
while (drawn.at(-1) !== 60) await frame();
await frames(5);
life.abort();
return [drawn, most, times.filter((time) => time > lastMade).length];
"""


def test_slow_drawings_skip_states_and_never_fall_behind(call):
    drawn, most, after_last = call("ui/frame", PROMPTLY + HOLD_DOWN)
    assert most == 1, f"{most} drawings in one frame"
    # One may be under way when the last press is made. The next one shows the first press that
    # waits, and the last press comes after it.
    assert after_last <= 3
    assert drawn == sorted(set(drawn)) and drawn[-1] == 60
    assert len(drawn) < 30


def test_drawings_that_fall_behind_are_noticed(call):
    drawn, _, after_last = call("ui/frame", LAGGING + HOLD_DOWN)
    assert after_last > 20 and len(drawn) == 60


def test_drawings_go_on_while_messages_wait(call):
    """A browser that is busy with keys delivers no messages; here it never does."""
    drawn, most = call(
        "ui/frame",
        PROMPTLY
        + """
        const { MessageChannel: before } = globalThis;
        globalThis.MessageChannel = class { port1 = { close() {} }; port2 = { postMessage() {} }; };
        while (drawn.length < 5) {
          value += 1; request();
          await new Promise((done) => setTimeout(done, 5));
        }
        globalThis.MessageChannel = before;
        life.abort();
        return [drawn, most];""",
    )
    assert most == 1, f"{most} drawings in one frame"
    assert drawn == sorted(set(drawn))


def test_the_first_request_is_drawn_before_the_next_frame(call):
    seen = call(
        "ui/frame",
        PROMPTLY
        + """
        await frames(3);
        value = 7; request();
        const atOnce = [...drawn];
        await Promise.resolve();
        const afterTheEvent = [...drawn];
        value = 8; request(); life.abort();
        await frames(5);
        return [atOnce, afterTheEvent, drawn];""",
    )
    assert seen == [[], [7], [7]]


def test_edits_reach_python_once_the_hand_rests_and_when_the_demo_leaves(call):
    result = call(
        "ui/model",
        FRAMES
        + """
        const life = new AbortController();
        let saved = 0;
        const values = {};
        const model = { set: (n, v) => { values[n] = v; }, save_changes: () => { saved += 1; } };
        const edit = m.editor(model, life.signal, 30);
        for (let i = 0; i < 20; i += 1) edit({ size: i });
        const during = [values.size, saved];
        while (!saved) await frame();
        await frames(5);
        const rested = saved;
        edit({ size: 99 }); life.abort();
        return [...during, rested, saved];""",
    )
    assert result == [19, 0, 1, 2]


def test_ids_differ_between_copies_of_the_module(call):
    ids = call(
        "ui/dom",
        FRAMES
        + """
        const address = () =>
          performance.getEntriesByType("resource").map(({ name }) => name).find((name) => name.endsWith("/dom.js"));
        while (!address()) await frame();
        const other = await import(`${address()}?copy`);
        return [m.uniqueId("a"), m.uniqueId("a"), other.uniqueId("a"), other.uniqueId("a")];""",
    )
    assert len(set(ids)) == 4


def test_every_module_is_valid_on_its_own(call):
    folder = ROOT / "lecture_utils" / "widgets"
    for path in sorted(folder.rglob("*.js")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        assert call(name, "return Object.keys(m).length;") > 0, json.dumps(name)


def test_nothing_needs_a_safari_of_2023():
    """A group of a regular expression that looks behind stops a whole module there."""
    folders = [ROOT / "lecture_utils" / "widgets", ROOT / "book" / "_static"]
    for path in (path for folder in folders for path in folder.rglob("*.*")):
        if path.suffix in (".js", ".mjs"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\(\?<[=!]|OffscreenCanvas", text), path
        if path.suffix == ".css":
            text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
            for before, sign in re.findall(r"([^;{]*)[;{]\s*content: (\"[^\"]*\") / \"", text):
                assert before.strip() == f"content: {sign}", path


RESPOND = """
const respond = m.responseKeeper();
const pixels = Float32Array.from(image);
let out;
return steps.map(({ weights, kh, kw, layer }) => {
  out = respond(pixels, h, w, Float64Array.from(weights), kh, kw, layer, out);
  return Array.from(out);
});
"""


def test_kept_responses_are_those_computed_anew(call):
    """Random walks through weights, strides, paddings and dilations, a few changes at a time."""
    h, w = 23, 31
    image = rng.random((h, w)).astype(np.float32)
    kernel = rng.normal(size=(5, 3))
    layer = {"stride": 1, "padding": 0, "dilation": 1}
    steps = []
    for _ in range(60):
        change = rng.choice(
            ["weights", "stride", "padding", "dilation", "size"], p=[0.5, 0.15, 0.15, 0.1, 0.1]
        )
        if change == "weights":
            kernel = kernel.copy()
            for _ in range(rng.integers(1, 8)):
                kernel[rng.integers(len(kernel)), rng.integers(3)] = (
                    rng.choice([0, 1, 5e5]) * rng.normal()
                )
        elif change == "size":
            kernel = rng.normal(size=(rng.integers(1, 8), 3))
        else:
            layer[str(change)] = int(
                rng.integers(change != "padding", 8 if change == "padding" else 4)
            )
        steps.append((kernel, dict(layer)))
    sent = [
        {"weights": k.ravel().tolist(), "kh": len(k), "kw": 3, "layer": how} for k, how in steps
    ]
    found = call(
        "convolution_lab/response", RESPOND, image=image.ravel().tolist(), h=h, w=w, steps=sent
    )
    for (weights, how), values in zip(steps, found, strict=True):
        one = [torch.from_numpy(a)[None, None] for a in (image.astype(float), weights)]
        try:
            expected = torch.nn.functional.conv2d(*one, **how).numpy().ravel()
        except RuntimeError:  # no window fits
            expected = np.array([])
        scale = np.abs(weights).sum()
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-7 * scale)


def test_a_kernel_that_is_set_to_zero_cell_by_cell_leaves_nothing(call):
    image = rng.random((9, 11)).astype(np.float32)
    layer = {"stride": 1, "padding": 0, "dilation": 1}
    kernels = [np.full(9, 1 / 9)]
    for cell in range(9):
        kernels.append(kernels[-1].copy())
        kernels[-1][cell] = 0
    kernels.append(np.array([0, 0, 0, 0, 1e-6, 0, 0, 0, 0]))
    steps = [{"weights": k.tolist(), "kh": 3, "kw": 3, "layer": layer} for k in kernels]
    found = call(
        "convolution_lab/response", RESPOND, image=image.ravel().tolist(), h=9, w=11, steps=steps
    )
    assert any(found[-3]) and not any(found[-2])
    np.testing.assert_allclose(found[-1], 1e-6 * image[1:-1, 1:-1].ravel(), rtol=1e-6)


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 7])
def test_kernels_as_sums_of_outer_products(call, rank):
    kernel = rng.normal(size=(9, rank)) @ rng.normal(size=(rank, 7)) * 1e-3
    found = call(
        "math/separable",
        "return [3, 7].map((most) => m.outerProducts(Float64Array.from(kernel), 9, 7, most)?.map("
        "({ column, row }) => [[...column], [...row]]) ?? null);",
        kernel=kernel.ravel().tolist(),
    )
    assert (found[0] is None) == (rank > 3)
    assert len(found[1]) == np.linalg.matrix_rank(kernel) == rank
    rebuilt = sum((np.outer(*product) for product in found[1]), np.zeros((9, 7)))
    np.testing.assert_allclose(rebuilt, kernel, atol=1e-15)


@pytest.mark.parametrize("rank", [1, 2, 11])
def test_separable_correlation_is_the_direct_one(call, rank):
    image, kernel = rng.random((29, 34)), rng.normal(size=(11, rank)) @ rng.normal(size=(rank, 9))
    for layer in ({"padding": 5}, {"padding": 3, "dilation": 2}, {}):
        found = call(
            "math/separable",
            "return [...m.correlateSeparably(Float64Array.from(image), 29, 34, Float64Array.from(kernel), 11, 9, layer)];",
            image=image.ravel().tolist(),
            kernel=kernel.ravel().tolist(),
            layer=layer,
        )
        both = [torch.from_numpy(a)[None, None] for a in (image, kernel)]
        expected = torch.nn.functional.conv2d(*both, **layer).ravel()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)
