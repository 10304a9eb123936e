"""Writing SVG: elements with escaped texts and rounded numbers.

>>> tag("text", "<b>", x=1.23456, klass="name")
'<text x="1.2" class="name">&lt;b&gt;</text>'
>>> tag("line", x1=0, stroke_width=2)
'<line x1="0" stroke-width="2"/>'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tocsin.model import visible

__all__ = ["drawing", "group", "path_of", "tag", "told"]


def tag(name: str, text: str | None = None, **attributes: object) -> str:
    """An element; `klass` stands for class, an underscore for a hyphen."""
    return _element(name, None if text is None else _plain(text), attributes)


def group(parts: Iterable[str], **attributes: object) -> str:
    """A group of elements that are already written."""
    return _element("g", "".join(parts), attributes)


def told(element: str, text: str) -> str:
    """The element in a group with a title, which a pointer shows."""
    return f"<g><title>{_plain(text)}</title>{element}</g>"


def path_of(rings: Iterable[Sequence[tuple[float, float]]], *, close: bool) -> str:
    """Path data of rings or lines of points."""
    parts = []
    for ring in rings:
        points = "L".join(f"{_round(x)} {_round(y)}" for x, y in ring)
        parts.append(f"M{points}{'Z' if close else ''}")
    return "".join(parts)


def drawing(
    parts: Iterable[str], *, width: float, height: float, klass: str, label: str
) -> str:
    """A whole drawing with its label for who cannot see it."""
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{klass}" role="img"'
        f' aria-label="{_plain(label)}" viewBox="0 0 {_round(width)} {_round(height)}">'
        f"{body}</svg>"
    )


def _element(name: str, body: str | None, attributes: dict[str, object]) -> str:
    written = "".join(
        f' {_attribute(key)}="{escape(_round(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return (
        f"<{name}{written}/>" if body is None else f"<{name}{written}>{body}</{name}>"
    )


def _plain(text: str) -> str:
    """Text that shows all that is in it and is no markup."""
    return escape(visible(text))


def _attribute(key: str) -> str:
    return "class" if key == "klass" else key.replace("_", "-")


def _round(value: object) -> str:
    if isinstance(value, float):
        rounded = f"{value:.1f}".removesuffix(".0")
        return "0" if rounded == "-0" else rounded
    return str(value)
