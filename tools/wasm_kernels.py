"""Assemble the WebAssembly with which demos run networks, and write its bytes where they read them.

python tools/wasm_kernels.py    writes widgets/_shared/nn/kernels.js from kernels.wat next to it
"""

import base64
import re
from pathlib import Path

from wasmtime import wat2wasm

FOLDER = Path(__file__).resolve().parents[1] / "lecture_utils" / "widgets" / "_shared" / "nn"
_OPERAND = r"(\(local\.get \$\w+\))"
_FUSED = re.compile(rf"\(f32x4\.relaxed_madd {_OPERAND} {_OPERAND} {_OPERAND}\)")
_MAGIC_AND_VERSION = 8
_CUSTOM = 0


def assemble(text):
    """Return the bytes of a module in WebAssembly's text format, without variable names."""
    code = bytes(wat2wasm(text))
    kept, position = bytearray(code[:_MAGIC_AND_VERSION]), _MAGIC_AND_VERSION
    while position < len(code):
        start, section = position, code[position]
        size, shift, position = 0, 0, position + 1
        while True:  # the size of a section is written in groups of seven bits, the lowest first
            byte = code[position]
            size |= (byte & 127) << shift
            shift, position = shift + 7, position + 1
            if byte < 128:
                break
        position += size
        if section != _CUSTOM:
            kept += code[start:position]
    return bytes(kept)


def modules(text):
    """Return the module unchanged, and a version for browsers without fused multiply-add."""
    return {
        "RELAXED": assemble(text),
        "PLAIN": assemble(_FUSED.sub(r"(f32x4.add \3 (f32x4.mul \1 \2))", text)),
    }


def source(text):
    """Return JavaScript that contains both modules."""
    lines = [
        "/** The bytes of kernels.wat; `python tools/wasm_kernels.py` writes them. */",
        "",
        "/** With relaxed SIMD, which multiplies and adds in one instruction. */",
        "/** With the SIMD instructions of all browsers since 2021. */",
    ]
    codes = [
        f'export const {name} =\n  "{base64.b64encode(code).decode()}";'
        for name, code in modules(text).items()
    ]
    return "\n".join([*lines[:3], codes[0], "", lines[3], codes[1]]) + "\n"


def main():
    text = (FOLDER / "kernels.wat").read_text(encoding="utf-8")
    (FOLDER / "kernels.js").write_text(source(text), encoding="utf-8")


if __name__ == "__main__":
    main()
