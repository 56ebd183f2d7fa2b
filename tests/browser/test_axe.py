"""What axe says of demos whose own tests do not ask it."""

import pytest
from page_tools import violations, wait_for_fading, wait_for_frames

from lecture_utils.widgets import ConvolutionLab, ConvolutionSteps, GaborLab, Quiz

QUESTION = {"question": "2 + 2?", "options": [("3", "One more."), ("4", "Yes.", True)]}
MAKERS = {
    ".lu-convolution-lab": ConvolutionLab,
    ".lu-convolution-steps": ConvolutionSteps,
    ".lu-gabor-lab": GaborLab,
    ".lu-quiz": lambda: Quiz([QUESTION]),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("part", MAKERS)
def test_it_finds_no_violation(mount, new_page, part, theme):
    page = mount(MAKERS[part](), page=new_page(theme=theme))
    page.evaluate(
        "(theme) => { document.documentElement.dataset.theme = theme; "
        "document.body.style.background = theme === 'dark' ? '#12191c' : '#fff'; }",
        theme,
    )
    wait_for_frames(page)
    wait_for_fading(page)
    assert violations(page, part) == []
