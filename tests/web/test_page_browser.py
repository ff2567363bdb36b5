"""The page in a real browser, with an untrained model: what is given, drawn, shown and fetched."""

import json
import re
import socket
import time
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.viz.report_keypoints import css_color
from keypointnet_tf.viz.report_scene import look_from

ELEVATION = 16
WIDTH, HEIGHT = 120, 80


@pytest.fixture
def page(tab, served):
    """The page in a tab, with its first example answered."""
    tab.open(served.url)
    tab.wait_for("document.querySelector('#one-figures .kp-table')")
    return tab


def text(tab, selector):
    return tab.run(f"(document.querySelector({selector!r}) || {{}}).textContent || ''")


def give(tab, place, path, *, kind="photo"):
    """Uploads a file and waits until the page shows its answer."""
    sign = "with its mask" if kind == "mask" else f"{path.name}, "
    before = text(tab, "#one-figures")
    tab.choose_file(f"#{place}-photo .kp-file[data-kind={kind}]", path)
    tab.wait_for(
        f"document.querySelector('#{place}-photo .kp-hint').textContent.includes({sign!r})"
    )
    if place == "one":
        changed(tab, "#one-figures", before)


def changed(tab, selector, before):
    tab.wait_for(f"document.querySelector({selector!r}).textContent !== {json.dumps(before)}")


def report(tab, place, folder):
    """The JSON behind the page's button, as a visitor's browser saves it."""
    folder.mkdir()
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    tab.run(f"document.querySelector('#{place}-file').click()")
    path, end = folder / "keypoints.json", time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end, "nothing was downloaded"
        time.sleep(0.1)
    return json.loads(path.read_text())


def on_screen(tab, place, points):
    """Places on the screen of `(x, y)` in the photo's pixels, scrolled into view."""
    x, y, width, height = tab.run(f"""(() => {{
        const svg = document.querySelector('#{place}-photo svg');
        svg.scrollIntoView({{block: 'center', behavior: 'instant'}});
        const b = svg.getBoundingClientRect();
        return [b.x, b.y, b.width, b.height]; }})()""")
    return [(x + u / WIDTH * width, y + v / HEIGHT * height) for u, v in points]


def draw(tab, points, tool="box"):
    before = text(tab, "#one-figures")
    tab.run(f"document.querySelector('#one-photo [data-tool={tool}]').click()")
    tab.drag(on_screen(tab, "one", points))
    changed(tab, "#one-figures", before)


def middle(crop):
    return [crop["x0"] + crop["side"] / 2, crop["y0"] + crop["side"] / 2]


def test_a_visit_from_upload_to_download(page, served, save, tmp_path):
    """Nothing is fetched from other hosts, by the browser or the server; nothing is complained."""
    photo = save(tmp_path / "photo.png", 1, WIDTH, HEIGHT)
    give(page, "one", photo)
    (whole,) = report(page, "one", tmp_path / "whole")["images"]
    assert (whole["file"], whole["width"], whole["height"]) == ("photo.png", WIDTH, HEIGHT)
    assert whole["crop"] == {"x0": 0, "y0": -20, "side": WIDTH}

    draw(page, [(30, 20), (60, 45), (90, 60)])
    (boxed,) = report(page, "one", tmp_path / "boxed")["images"]
    np.testing.assert_allclose(middle(boxed["crop"]), [60, 40], atol=0.6)
    assert boxed["crop"]["side"] == pytest.approx(60 / 0.6, abs=1.5)

    page.screenshot(tmp_path / "page.png")
    assert min(Image.open(tmp_path / "page.png").size) > 600
    assert page.complaints() == []
    hosts = {urllib.parse.urlsplit(url).netloc for url in page.requests()}
    assert hosts <= {urllib.parse.urlsplit(served.url).netloc, ""}, "data: has no host"
    assert served.reached == []


def test_a_request_elsewhere_would_be_noticed(page, served):
    """The checks above can fail: the policy stops a browser's request, and the console tells; a
    request of the server's is noted."""
    page.run("fetch('http://example.com/').catch(() => 0)")
    assert any("example.com" in str(complaint) for complaint in page.complaints())
    with pytest.raises(OSError):  # an address kept for documents
        socket.create_connection(("192.0.2.1", 9), timeout=0.01)
    assert served.reached.pop() == "192.0.2.1"


def test_the_box_is_corrected_and_cleared(page, save, tmp_path):
    give(page, "one", save(tmp_path / "photo.png", 2, WIDTH, HEIGHT))
    draw(page, [(30, 20), (90, 60)])
    draw(page, [(90, 60), (100, 70), (110, 76)])  # takes hold of the corner
    assert "box 30, 20, 110, 76" in text(page, "#one-photo .kp-hint")
    before = text(page, "#one-figures")
    page.run("document.querySelector('#one-photo [data-act=clear]').click()")
    changed(page, "#one-figures", before)
    assert "Drag a box" in text(page, "#one-photo .kp-hint")


def test_a_click_is_no_box(page, save, tmp_path):
    give(page, "one", save(tmp_path / "photo.png", 2, WIDTH, HEIGHT))
    (place,) = on_screen(page, "one", [(50, 50)])
    page.drag([place, place])
    assert "Drag a box" in text(page, "#one-photo .kp-hint")


def test_an_outline_becomes_a_mask(page, save, tmp_path):
    give(page, "one", save(tmp_path / "photo.png", 3, WIDTH, HEIGHT))
    draw(page, [(40, 20), (60, 20), (80, 20), (80, 60), (60, 60), (40, 60), (40, 22)], "outline")
    (outlined,) = report(page, "one", tmp_path / "out")["images"]
    np.testing.assert_allclose(middle(outlined["crop"]), [60, 40], atol=1)
    assert outlined["crop"]["side"] == pytest.approx(40 / 0.6, abs=2)


def test_a_mask_file_frames_the_object(page, save, tmp_path):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:40, 60:120] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    give(page, "one", save(tmp_path / "photo.png", 4, WIDTH, HEIGHT))
    give(page, "one", tmp_path / "mask.png", kind="mask")
    (masked,) = report(page, "one", tmp_path / "out")["images"]
    np.testing.assert_allclose(middle(masked["crop"]), [90, 25], atol=1e-3)
    assert masked["crop"]["side"] == pytest.approx(100, abs=1e-3)


def test_an_example_can_be_picked(page):
    before = text(page, "#one-figures")
    page.run("document.querySelector('#one-examples button[title=\"given.png\"]').click()")
    changed(page, "#one-figures", before)
    assert "given.png, 120 × 80 pixels" in text(page, "#one-photo .kp-hint")
    names = page.run("[...document.querySelectorAll('#one-examples img')].map((i) => i.alt)")
    assert len(names) == 7 and names[0].startswith("car_") and names[-1] == "given.png"


@pytest.mark.parametrize("kind", ["text", "bomb"])
def test_a_hostile_photo_gives_a_message(page, tmp_path, kind):
    """Its name is shown as text, its failure in a line, and what was there stays."""
    photo = tmp_path / "<img src=x onerror=hacked=1>.png"
    photo.write_bytes(b"no image")
    if kind == "bomb":
        Image.new("1", (20_000, 20_000)).save(photo)
        assert photo.stat().st_size < 100_000
    before = text(page, "#one-figures")
    page.choose_file("#one-photo .kp-file[data-kind=photo]", photo)
    page.wait_for("document.querySelector('[data-testid=toast-text]')")
    message = text(page, "[data-testid=toast-text]")
    assert "<img src=x onerror=hacked=1>.png: the photo cannot be read" in message
    assert "50,000,000 pixels" in message and "Traceback" not in message and "/" not in message
    assert page.run("typeof hacked") == "undefined"
    assert text(page, "#one-figures") == before and page.complaints() == []


def test_a_large_file_is_not_even_sent(page, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes(1_100_000))
    page.choose_file("#one-photo .kp-file[data-kind=photo]", tmp_path / "large.png")
    page.wait_for("document.querySelector('#one-photo .kp-hint.failed')")
    assert "1.1 MB; at most 1 MB" in text(page, "#one-photo .kp-hint")
    assert not [url for url in page.requests() if url.endswith("/upload")]


def test_a_model_that_cannot_be_read_gives_a_message(page):
    page.run("document.querySelector('#kp-choice input').focus()")
    page.wait_for("document.querySelector('[data-testid=dropdown-option]')")
    place = page.run("""(() => { const option = [...document.querySelectorAll(
        '[data-testid=dropdown-option]')].find((o) => o.textContent.includes('broken'));
        const b = option.getBoundingClientRect(); return [b.x + 20, b.y + b.height / 2]; })()""")
    page.drag([place, place])
    page.wait_for("document.querySelector('[data-testid=toast-text]')")
    assert "cannot be read <b>at all</b>" in text(page, "[data-testid=toast-text]")


def marks(tab, stage, kind="point"):
    """`[K, 2]` where marks stand, by their number."""
    found = tab.run(f"""[...document.querySelectorAll('#{stage} .mark.{kind}')].map((mark) => [
        Number(mark.dataset.k), ...mark.getAttribute('transform').match(/-?[\\d.]+/g).slice(0, 2)
        .map(Number)])""")
    return np.array([place[1:] for place in sorted(found)])


def set_dial(tab, stage, value):
    tab.run(f"""(() => {{ const dial = document.querySelector('#{stage} .kp-dial');
        dial.value = {value}; dial.dispatchEvent(new Event('input')); }})()""")


def from_mean(image):
    points = np.array([point["camera"] for point in image["keypoints"]])
    return points - points.mean(axis=0)


def projected(points, azimuth=0):
    """Where `point_stage.js` should draw points of a camera frame: z is towards the viewer."""
    return 100 * look_from(points[:, [2, 0, 1]], azimuth, ELEVATION)[:, :2]


@pytest.mark.parametrize("azimuth", [0, 75, 300])
def test_the_points_turn_about_the_vertical(page, tmp_path, azimuth):
    (image,) = report(page, "one", tmp_path / "out")["images"]
    set_dial(page, "one-stage", azimuth)
    wanted = projected(from_mean(image), azimuth)
    np.testing.assert_allclose(marks(page, "one-stage"), wanted, atol=1.1)


def colors(tab, kind):
    """Of the marks of the two photos' points, by their number."""
    found = tab.run(f"""[...document.querySelectorAll('#pair-stage .mark.{kind}')].map((mark) => {{
        const circle = mark.querySelector('circle'), fill = circle.getAttribute('fill');
        return [Number(mark.dataset.k), fill === 'none' ? circle.getAttribute('stroke') : fill]; }})
    """)
    return [color for _, color in sorted(found)]


def test_two_photos_have_the_rotation_between_them(page, save, tmp_path):
    """The points of the first, turned by the JSON's matrix, stand where the script turns them."""
    page.run("[...document.querySelectorAll('button[role=tab]')][1].click()")
    page.wait_for("document.querySelector('#pair-figures .kp-rotation')")
    for place, name, seed in (("first", "a.png", 6), ("second", "b.png", 7)):
        before = text(page, "#pair-figures")
        give(page, place, save(tmp_path / name, seed, WIDTH, HEIGHT))
        changed(page, "#pair-figures", before)
    saved = report(page, "pair", tmp_path / "out")
    assert [image["file"] for image in saved["images"]] == ["a.png", "b.png"]
    rotation = saved["relative_rotation"]
    assert f"{rotation['degrees']:.1f}°" in text(page, "#pair-figures")
    points0, points1 = map(from_mean, saved["images"])
    for dial, turned in ((0, points0), (100, points0 @ np.array(rotation["matrix"]).T)):
        set_dial(page, "pair-stage", dial)
        np.testing.assert_allclose(marks(page, "pair-stage"), projected(turned), atol=1.6)
    np.testing.assert_allclose(marks(page, "pair-stage", "goal"), projected(points1), atol=1.1)
    assert colors(page, "point") == colors(page, "goal") == [css_color(k) for k in range(4)]
    assert page.complaints() == []


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_it_fits_the_window_in_both_themes(tab, served, width, theme):
    tab.open(served.url, width=width, theme=theme)
    tab.wait_for("document.querySelector('#one-picture img')")
    assert tab.run("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    for part in ("#one-photo .kp-hint", "#kp-introduction p", "#one-facing .note", ".kp-table td"):
        assert contrast(tab, part) >= 4.5, part
    assert tab.complaints() == []


def contrast(tab, part):
    """Of a part's text on the page's ground, by WCAG 2."""
    found = tab.run(f"""[document.querySelector({part!r}), document.body].map((e, i) =>
        getComputedStyle(e)[i ? 'backgroundColor' : 'color'])""")
    colors = [np.array(re.findall(r"[\d.]+", text)[:3], float) / 255 for text in found]
    linear = [np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in colors]
    low, high = sorted(float(c @ [0.2126, 0.7152, 0.0722]) for c in linear)
    return (high + 0.05) / (low + 0.05)
