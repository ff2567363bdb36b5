"""Elements of the page: nothing from outside becomes markup, numbers are read as they are."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from keypointnet_tf.viz import report_page as page

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Tags(HTMLParser):
    """Every element with its attributes, and the text of each script."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "input", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_text_and_attributes_are_escaped():
    html = page.page(NASTY, page.tag("p", NASTY, title=NASTY))
    tags = Tags(html)
    assert tags.open == [] and len(tags.of("script")) == 1 and tags.of("img") == []
    assert tags.of("p") == [{"title": NASTY}]
    assert ("p", NASTY) in tags.texts and ("title", NASTY) in tags.texts


def test_embedded_json_cannot_end_its_element():
    tags = Tags(page.page("t", page.embedded_json({NASTY: [1, NASTY]}, "data")))
    (text,) = [text for name, text in tags.texts if name == "script" and "alert(1)" in text]
    assert json.loads(text) == {NASTY: [1, NASTY]}
    with pytest.raises(ValueError):
        page.embedded_json([float("nan")], "data")


def test_content_keeps_its_order():
    mixed = page.tag("p", "a", page.tag("b", 1), ["c", [page.tag("i"), "d"]], None, 2.5)
    assert page.ElementTree.tostring(mixed, "unicode", "html") == "<p>a<b>1</b>c<i></i>d2.5</p>"


def test_attribute_names_and_numbers():
    made = page.tag("x", class_="a", data_k=3, aria_label="l", x=1.0, y=-0.001, z=np.float32(2.346),
                    off=False, absent=None, on=True)  # fmt: skip
    assert made.attrib == {"class": "a", "data-k": "3", "aria-label": "l", "x": "1", "y": "0",
                           "z": "2.35", "on": ""}  # fmt: skip


def test_only_the_own_script_may_run_and_nothing_may_be_fetched():
    html = page.page("t")
    policy = next(a["content"] for a in Tags(html).of("meta") if "content" in a)
    (script,) = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "img-src data:" in policy
    assert "http:" not in policy and "https:" not in policy


@pytest.mark.parametrize(
    "value, text",
    [(0.0, "0.00"), (1, "1"), (1200, "1,200"), (0.0123456, "0.0123"), (0.9996, "1.00"),
     (11.34, "11.3"), (123.4, "123"), (1234.5, "1,230"), (-0.25, "-0.250"), (None, "–"),
     (float("nan"), "–"), (float("inf"), "–"), (np.int64(10), "10")],
)  # fmt: skip
def test_numbers(value, text):
    assert page.number(value) == text


def test_percentages():
    assert page.percent(0.1234) == "12.3\u00a0%" and page.percent(1.0, 0) == "100\u00a0%"
    assert page.percent(float("nan")) == page.percent(None) == page.DASH


def test_rows_begin_with_a_heading():
    html = page.ElementTree.tostring(
        page.table(["a", "b"], [["x", 1], [page.tag("th", "y"), page.tag("td", "2", class_="c")]]),
        "unicode",
        "html",
    )
    assert html.count('<th scope="col">') == 2
    assert '<tr><th scope="row">x</th><td>1</td></tr>' in html
    assert '<tr><th>y</th><td class="c">2</td></tr>' in html
