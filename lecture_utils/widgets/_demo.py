"""The base class of all demos: JavaScript, arrays, and a static figure for the page."""

from __future__ import annotations

import html
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from ._modules import inline_modules

#: Mime type under which a demo hands its static figure to the book (see ``_sphinx.py``).
FIGURE_MIME = "application/vnd.lecture-utils.figure+json"

_SHARED_CSS = Path(__file__).parent / "_shared" / "ui" / "demo.css"
_DTYPES = ("uint8", "int32", "float32", "float64")


if TYPE_CHECKING:
    _ArrayTraitType = traitlets.TraitType[NDArray[Any], ArrayLike]
else:
    _ArrayTraitType = traitlets.TraitType


class ArrayTrait(_ArrayTraitType):
    """A NumPy array that travels to the browser as raw bytes.

    In JavaScript it arrives as ``{shape, dtype, data: DataView}``, and it is sent back in the same
    form. An assigned array is copied to a C-contiguous, read-only array of the given ``dtype``. A
    change in place would go unnoticed, so NumPy refuses it.

    Parameters
    ----------
    dtype : {"uint8", "int32", "float32", "float64"}
        Type of the array's elements.
    ndim : int, optional
        Required number of dimensions; any number when omitted.
    """

    info_text = "an array of numbers"

    def __init__(self, dtype: str = "float32", ndim: int | None = None, **kwargs: Any):
        if dtype not in _DTYPES:
            raise ValueError(f"dtype {dtype!r} cannot travel to the browser; use one of {_DTYPES}")
        self._dtype, self._ndim = dtype, ndim
        kwargs.setdefault("default_value", np.zeros((0,) * (ndim or 1), dtype))
        super().__init__(**kwargs)
        self.tag(sync=True, to_json=_array_to_json, from_json=_array_from_json)

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        try:
            array = np.array(value, dtype=self._dtype, order="C")
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(
                f"{self.name} must be an array of numbers: {error}"
            ) from None
        if self._ndim is not None and array.ndim != self._ndim:
            raise traitlets.TraitError(
                f"{self.name} must have {self._ndim} dimensions, but its shape is {array.shape}"
            )
        array.flags.writeable = False
        return array

    def set(self, obj: Any, value: Any) -> None:
        # traitlets compares old and new with `==`, which an array evaluates element by element.
        new, name = np.asarray(self._validate(obj, value)), str(self.name)
        old = obj._trait_values.get(name)
        obj._trait_values[name] = new
        if not isinstance(old, np.ndarray) or not np.array_equal(old, new):
            obj._notify_trait(name, old, new)


def _array_to_json(array, _widget):
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "data": array.tobytes(),
    }


def _array_from_json(message, _widget):
    if message["dtype"] not in _DTYPES:
        raise traitlets.TraitError(
            f"the browser sent an array of dtype {message['dtype']!r}, expected one of {_DTYPES}"
        )
    return np.frombuffer(bytes(message["data"]), message["dtype"]).reshape(message["shape"])


class Demo(anywidget.AnyWidget):
    """Base of the book's demos.

    A subclass lives in ``widgets/<demo>/__init__.py``, with its JavaScript ``<demo>.js`` beside it.
    An optional ``<demo>.css`` follows the style that all demos share. The subclass must implement
    :meth:`figure_html`: the image and numbers that stay in the page for print, for screen readers
    and for readers without JavaScript.

    Attributes
    ----------
    extra_styles : tuple of str
        Files below ``widgets/`` that style parts shared by some demos. They come before the demo's
        own style.
    """

    extra_styles: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any):
        folder = Path(inspect.getfile(cls)).parent
        script = folder / f"{folder.name}.js"
        # anywidget makes a subclass of every instance's class; that one has its `_esm` already.
        if "_esm" not in cls.__dict__ and script.is_file():
            cls._esm = inline_modules(script)
            styles = [_SHARED_CSS, *(folder.parent / name for name in cls.extra_styles)]
            own = folder / f"{folder.name}.css"
            styles += [own] if own.is_file() else []
            cls._css = "\n".join(path.read_text(encoding="utf-8") for path in styles)
        super().__init_subclass__(**kwargs)

    def figure_html(self) -> str:
        """Return the static figure as an HTML fragment without scripts or outside links."""
        raise NotImplementedError(
            f"{type(self).__name__} must say what a reader without JavaScript sees"
        )

    def readings(self) -> dict[str, Any]:
        """Return numbers and names that the demo computes from its traits, for challenges.

        The JavaScript of the demo reports the same ones under the same names.
        """
        return {}

    def all_readings(self) -> dict[str, Any]:
        """Return what a `Condition` can be about: traits that are in sync, and `readings`."""
        names = [name for name in self.traits(sync=True) if not name.startswith("_")]
        return {**{name: getattr(self, name) for name in names}, **self.readings()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        # Jupyter shows the live view and ignores this type. The book's builder writes both into the
        # page.
        data[FIGURE_MIME] = {
            "model_id": self.model_id,
            "label": html.escape(type(self).__name__),
            "html": self.figure_html(),
        }
        return data, metadata
