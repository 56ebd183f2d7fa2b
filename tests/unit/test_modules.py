"""The inliner: many ES modules in, one out, and errors instead of guesses."""

import pytest

from lecture_utils.widgets._modules import inline_modules


@pytest.fixture
def write(tmp_path):
    def write(**files):
        for name, source in files.items():
            (tmp_path / f"{name}.js").write_text(source, encoding="utf-8")
        return tmp_path / "main.js"

    return write


def test_no_relative_import_is_left_and_each_module_is_there_once(write):
    main = write(
        main='import { a } from "./a.js";\nimport { b as c } from "./b.js";\n'
        "export default { render() {} };",
        a='import { b } from "./b.js";\nexport const a = b + 1;',
        b="export const b = 1;",
    )
    source = inline_modules(main)
    assert 'from "./' not in source
    assert source.count("const b = 1;") == 1
    assert source.index("const b = 1;") < source.index("const a = b + 1;")
    assert "const { b: c } = " in source
    assert source.rstrip().endswith("export default { render() {} };")


def test_imports_over_several_lines_and_all_kinds_of_declarations(write):
    main = write(
        main="import {\n  f,\n  g as h,\n  K,\n  v,\n} from './a.js';\n"
        "export default { f, h, K, v };",
        a="export function f() {}\nexport async function g() {}\n"
        "export class K {}\nexport let v = 1;",
    )
    assert "return { f, g, K, v };" in inline_modules(main)


@pytest.mark.parametrize(
    ("main", "a", "message"),
    [
        ('import a from "./a.js";', "export const a = 1;", "cannot inline"),
        ('import * as a from "./a.js";', "export const a = 1;", "cannot inline"),
        ('import { a } from "d3";', "export const a = 1;", "cannot inline"),
        ('import { a } from "./a.js";', "export { a };\nexport const b = 1;", "cannot inline"),
        ('import { a } from "./a.js";', "const a = 1;", "exports nothing"),
        ('import { a } from "./a.js";', "export const a = 1;\nexport default a;", "default export"),
        (
            'import { a } from "./a.js";',
            'import { m } from "./main.js";\nexport const a = 1;',
            "circle",
        ),
    ],
)
def test_what_it_does_not_understand_is_an_error(write, main, a, message):
    with pytest.raises(ValueError, match=message):
        inline_modules(write(main=main, a=a))


def test_a_missing_file_is_named_with_the_file_that_wants_it(write):
    with pytest.raises(FileNotFoundError, match=r"main\.js imports './nowhere\.js'"):
        inline_modules(write(main="import { a } from './nowhere.js';"))


def test_words_in_strings_and_dynamic_imports_are_left_alone(write):
    source = (
        'const text = "import { a } from nothing";\n'
        "const later = () => import(url);\nexport default {};"
    )
    assert inline_modules(write(main=source)).strip() == source
