"""Building blocks of a page: elements, figures, tables, and the page as one self-contained file.

Everything is put together from `xml.etree` elements, so that text and attributes are escaped when
the page is written and never before: what comes from files cannot become markup.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
import math
import numbers
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

Element = ElementTree.Element
Content = Element | str | numbers.Real | None | Iterable["Content"]

DASH = "–"


def tag(name: str, /, *content: Content, **attributes: object) -> Element:
    """An element of HTML or SVG.

    Args:
      name: of the element.
      content: elements, text, numbers, or sequences of those; None is left out.
      attributes: `_` in a name stands for `-`, a trailing `_` is dropped (`class_`). Numbers are
        written with at most two decimals; None and False leave the attribute out.
    """
    element = Element(name)
    for key, value in attributes.items():
        if value is not None and value is not False:
            element.set(key.rstrip("_").replace("_", "-"), _attribute(value))
    _append(element, content)
    return element


def section(anchor: str, title: str, *content: Content) -> Element:
    """A part of the page under a heading that links to itself."""
    link = tag("a", "#", href=f"#{anchor}", class_="anchor", aria_label=f"Link to {title}")
    heading = tag("h2", title, " ", link, id=f"{anchor}-title")
    return tag("section", heading, *content, id=anchor, aria_labelledby=f"{anchor}-title")


def figure(picture: Content, caption: Content, *, class_: str = "chart") -> Element:
    """A picture with its caption."""
    return tag("figure", picture, tag("figcaption", caption), class_=class_)


def table(
    columns: Sequence[Content], rows: Iterable[Sequence[Content]], *, class_: str = ""
) -> Element:
    """A table that scrolls sideways on narrow screens; each row's first cell is its heading.

    A cell may be a `td` element made by the caller; anything else is put into one.
    """
    head = tag("thead", tag("tr", [tag("th", column, scope="col") for column in columns]))
    body = tag("tbody", [tag("tr", _row_heading(row[0]), map(_cell, row[1:])) for row in rows])
    return tag("div", tag("table", head, body), class_=f"scroll {class_}".strip())


def swatch(class_: str, text: str) -> Element:
    """A sample of a colour beside its meaning."""
    return tag("span", tag("i", class_=f"swatch {class_}"), text, " ", class_="key")


def bar_cell(text: str, share: float) -> Element:
    """A cell with a bar behind its text, as long as `share` of the cell; none for NaN."""
    width = 100 * min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    return tag("td", tag("span", text), style=f"--w:{width:.0f}%", class_="bar")


def details(summary: Content, *content: Content) -> Element:
    """Content that is folded away until asked for; it is printed all the same."""
    return tag("details", tag("summary", summary), *content)


def number(value: object, digits: int = 3, *, unit: str = "") -> str:
    """A number as it is read: `digits` significant ones, integers in full with separators.

    What is absent, NaN or infinite becomes a dash.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return DASH
    if isinstance(value, numbers.Integral):
        return f"{value:,}{unit}"
    value = float(f"{value:.{digits}g}")
    size = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, digits - 1 - size)}f}{unit}"


def percent(value: object, digits: int = 1) -> str:
    """A fraction as a percentage; a dash where it is absent or not finite."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{100 * value:.{digits}f}\u00a0%"


def data_uri(content: bytes, kind: str) -> str:
    """The content as an address that needs no file, for MIME type `kind`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def embedded_json(data: object, anchor: str) -> Element:
    """Data for the page's script. `<` is written so that no text can end the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return tag("script", text, type="application/json", id=anchor)


def page(title: str, *body: Content) -> str:
    """The whole file. Its own policy forbids every request and every script but its own."""
    script, style = asset("report.js"), asset("report.css")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style),
    )
    html = tag("html", head, tag("body", *body, tag("script", script)), lang="en")
    return "<!DOCTYPE html>\n" + ElementTree.tostring(html, "unicode", "html") + "\n"


def asset(name: str) -> str:
    """The text of a file that lies beside this module."""
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )


def _append(element: Element, content: Content) -> None:
    """Elements become children; text goes after the last child, or before the first."""
    for part in content:
        if part is None:
            continue
        if isinstance(part, Element):
            element.append(part)
        elif isinstance(part, str | numbers.Real):
            text = part if isinstance(part, str) else f"{part}"
            if len(element):
                element[-1].tail = (element[-1].tail or "") + text
            else:
                element.text = (element.text or "") + text
        else:
            _append(element, part)


def _attribute(value: object) -> str:
    if value is True:
        return ""
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return f"{round(float(value), 2) + 0.0:.2f}".rstrip("0").rstrip(".")
    return str(value)


def _row_heading(content: Content) -> Element:
    if isinstance(content, Element) and content.tag == "th":
        return content
    return tag("th", content, scope="row")


def _cell(content: Content) -> Element:
    if isinstance(content, Element) and content.tag == "td":
        return content
    return tag("td", content)
