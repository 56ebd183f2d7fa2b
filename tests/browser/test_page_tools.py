"""What tests of all pages look at must be able to fail."""

import pytest
from page_tools import layout_shift, violations, wait_for_frames

PALE = "color: #bbb"
WORDS = "<p><span class='k'>def</span> <span class='n'>first</span> <span class='n' {style}>second</span></p>"


@pytest.mark.parametrize(
    ("words", "head", "expected"),
    [
        (WORDS.format(style=""), "", []),
        # The second word of a class is pale; the first is not.
        (WORDS.format(style=f'style="{PALE}"'), "", ["color-contrast"]),
        # All words of a class are pale, and are told once.
        (WORDS.format(style=""), f"<style>.n {{ {PALE} }}</style>", ["color-contrast"]),
        # The same words, the second time on a dark ground that only that part has.
        (
            WORDS.format(style="") + f"<div>{WORDS.format(style='')}</div>",
            "<style>div { background: #333 }</style>",
            ["color-contrast"] * 2,
        ),
        ("<p class='n'>one</p><p class='n' style='opacity: 0.3'>two</p>", "", ["color-contrast"]),
    ],
)
def test_one_of_many_words_with_too_little_contrast_is_found(page, words, head, expected):
    page.set_content(
        f"<!doctype html><html lang='en'><head><title>Words</title>{head}</head>"
        f"<body><main><h1>Words</h1>{words}</main></body></html>"
    )
    found = violations(page)
    assert [each.split()[0] for each in found] == expected


def test_a_request_to_a_foreign_host_is_noticed_and_not_answered(page, serve, tmp_path):
    picture = "<img src='http://example.org/a.png' onerror='document.title = `none`'>"
    (tmp_path / "index.html").write_text(f"<link rel='icon' href='data:,'>{picture}", "utf-8")
    page.goto(f"{serve(tmp_path)}/index.html")
    page.wait_for_function("document.title === 'none'")
    assert "foreign request: http://example.org/a.png" in page.trouble
    page.trouble.clear()


PUSH = "document.querySelector('p').style.marginTop = '300px'"


@pytest.mark.parametrize(
    ("act", "moves"),
    [
        ("", False),
        (f"setTimeout(() => {{ {PUSH} }})", True),
        # Before anybody looks, and while somebody does.
        (
            f"{PUSH}; requestAnimationFrame(() => {{ document.body.style.marginTop = '200px' }})",
            True,
        ),
        # A table of contents unfolds; what is not in sight moves.
        ("document.querySelector('nav li').style.height = '300px'", False),
        ("document.querySelector('p:last-child').style.marginTop = '300px'", False),
    ],
)
def test_a_page_that_moves_by_itself_is_noticed(page, act, moves):
    entries = "<li>One</li><li>Two</li>"
    page.set_content(
        f"<!doctype html><nav style='position: absolute; right: 0'><ul>{entries}</ul></nav>"
        f"<main><h1>Words</h1>{'<p>Some words.</p>' * 50}</main>"
    )
    wait_for_frames(page, 3)
    page.evaluate(f"() => {{ {act} }}")
    wait_for_frames(page, 3)
    assert (layout_shift(page) > 0.02) == moves


def test_what_a_click_moves_does_not_count(page):
    page.set_content(
        f'<!doctype html><button onclick="{PUSH}">Push</button>{"<p>Some words.</p>" * 50}'
    )
    wait_for_frames(page, 3)
    page.get_by_role("button").click()
    assert layout_shift(page) == 0
    top = "document.querySelector('p').getBoundingClientRect().top"
    assert page.evaluate(top) > 300
