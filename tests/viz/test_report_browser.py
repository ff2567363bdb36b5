"""The report in a real browser: no request, no complaint, everything in its place."""

import pathlib
import re

import numpy as np
import pytest

from keypointnet_tf.viz.report import build_report
from keypointnet_tf.viz.report_scene import look_from, scene_of

NASTY = "<img src=x onerror=hacked=1><script>hacked=1</script>"
FIRST = "document.querySelector('.turntable')"


@pytest.fixture(scope="module")
def data(report_data):
    return report_data()


@pytest.fixture(scope="module")
def path(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build_report(data), encoding="utf-8")
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_loads_alone_and_without_complaint(tab, path, width, theme):
    tab.open(path, width=width, theme=theme)
    assert tab.run("document.documentElement.dataset.ready") == "yes"
    assert tab.complaints() == []
    fetched = [url for url in tab.requests() if not url.startswith("data:")]
    assert fetched == [path.resolve().as_uri()]
    assert tab.run("document.documentElement.scrollWidth") <= width, "nothing sticks out"


def test_a_request_would_be_noticed(tab, path, tmp_path):
    """The two checks above can fail: a page that asks for more is told apart."""
    html = path.read_text(encoding="utf-8").replace("<main>", "<main><img src='other.png'>")
    changed = tmp_path / "changed.html"
    changed.write_text(html, encoding="utf-8")
    tab.open(changed)
    assert any("Content Security Policy" in str(entry) for entry in tab.complaints())


def test_every_picture_is_shown(tab, path):
    tab.open(path)
    script = """Promise.all([...document.querySelectorAll('image')].map((image) => {
        const probe = new Image(); probe.src = image.getAttribute('href');
        return probe.decode().then(() => probe.naturalWidth, () => 0);
    }))"""
    widths = tab.run(script)
    assert len(widths) > 20 and min(widths) > 0


def test_names_from_files_run_nothing(tab, report_data, predictions_of, tmp_path):
    names = np.array([f"{NASTY}{i // 5}" for i in range(20)])
    path = tmp_path / "nasty.html"
    nasty = report_data(predictions_of(object_id=names, kind=names))
    path.write_text(build_report(nasty), encoding="utf-8")
    tab.open(path)
    assert tab.run("typeof hacked") == "undefined" and tab.complaints() == []
    assert tab.run("document.querySelectorAll('img').length") == 0
    assert tab.run(f"document.querySelector('.name').textContent.includes({NASTY!r})")


def places(tab):
    """`[K, 2]` where the first turntable's keypoints stand, by their number."""
    found = tab.run(f"""Object.fromEntries([...{FIRST}.querySelectorAll('.mark')].map(
        (mark) => [mark.dataset.k, mark.getAttribute('transform')]))""")
    numbers = [re.findall(r"-?[\d.]+", found[str(k)])[:2] for k in range(len(found))]
    return np.array(numbers, float)


def turn(tab, azimuth):
    tab.run(f"""(() => {{ const dial = {FIRST}.querySelector('.dial'); dial.value = {azimuth};
        dial.dispatchEvent(new Event('input')); }})()""")


def first_scene(data, tab):
    name = tab.run(f"{FIRST}.querySelector('.name').textContent").split(" ·")[0]
    return scene_of(data.pairs, name)


@pytest.mark.parametrize("azimuth", [40, 130, 359])
def test_the_script_turns_as_the_drawing_was_made(tab, path, data, azimuth):
    tab.open(path)
    turn(tab, azimuth)
    wanted = 100 * look_from(first_scene(data, tab).keypoints, azimuth)[:, :2]
    np.testing.assert_allclose(places(tab), wanted, atol=1.1)


def test_the_script_redraws_what_was_drawn(tab, path):
    """Ring, front, landmarks, single views, marks and their sizes, up to rounding."""
    tab.open(path)
    script = f"""[...{FIRST}.querySelectorAll('.ring, .front, .lm, .cloud, .mark')].map((e) =>
        [e.getAttribute('class'), e.getAttribute('transform') || e.getAttribute('d')])"""
    drawn = tab.run(script)
    dots = f"""[...{FIRST}.querySelectorAll('.shape')].map(
        (e) => e.getAttribute('d').split('h0').length - 1)"""
    counts = tab.run(dots)
    turn(tab, 200)
    turn(tab, 40)
    again = tab.run(script)
    assert len(drawn) == 1 + 2 + 2 + 4 + 4 and [n for n, _ in again] == [n for n, _ in drawn]
    for (name, before), (_, after) in zip(drawn, again, strict=True):
        numbers = [np.array(re.findall(r"-?[\d.]+", text), float) for text in (before, after)]
        np.testing.assert_allclose(*numbers, atol=1.1, err_msg=name)
    assert min(counts) > 0 and sum(tab.run(dots)) == sum(counts)
    np.testing.assert_allclose(tab.run(dots), counts, atol=0.02 * sum(counts))


def test_dragging_turns(tab, path):
    tab.open(path)
    tab.run(f"{FIRST}.scrollIntoView({{block: 'center'}})")
    box = tab.run(f"""(() => {{
        const b = {FIRST}.querySelector('.stand svg').getBoundingClientRect();
        return [b.x + b.width / 2, b.y + b.height / 2]; }})()""")
    before = places(tab)
    mouse = {"x": box[0], "y": box[1], "button": "left", "buttons": 1, "clickCount": 1}
    tab.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", **{**mouse, "x": box[0] + 100})
    tab.call("Input.dispatchMouseEvent", type="mouseReleased", **{**mouse, "x": box[0] + 100})
    assert np.abs(places(tab) - before).max() > 5
    assert int(tab.run(f"{FIRST}.querySelector('.dial').value")) == (40 - 70) % 360


def test_it_plays_until_it_is_told_to_pause(tab, path):
    """And stands still from the start for readers who asked for less motion."""
    tab.open(path, reduced_motion=True)
    assert tab.run("document.getElementById('turn').textContent") == "Play"
    tab.open(path, reduced_motion=False)
    assert tab.run("document.getElementById('turn').textContent") == "Pause"
    tab.run(f"{FIRST}.scrollIntoView({{block: 'center'}})")
    dial = f"{FIRST}.querySelector('.dial').value"
    moved = f"""new Promise((done) => {{ const start = {dial}; const look = () =>
        {dial} === start ? requestAnimationFrame(look) : done(true); look(); }})"""
    assert tab.run(moved)
    tab.run("document.getElementById('turn').click()")
    frames = "new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(() => d(0))))"
    tab.run(frames)
    stopped = places(tab)
    tab.run(frames)
    np.testing.assert_array_equal(places(tab), stopped)


def test_a_layer_can_be_hidden(tab, path):
    tab.open(path)
    shown = f"getComputedStyle({FIRST}.querySelector('.lm')).display"
    assert tab.run(shown) != "none"
    tab.run("document.querySelector('[data-layer=lm]').click()")
    assert tab.run(shown) == "none"


def test_a_keypoint_can_be_singled_out(tab, path):
    tab.open(path)
    dim = "[...new Set([...document.querySelectorAll('.kp.dim')].map((e) => e.dataset.k))].sort()"
    assert tab.run(dim) == []
    tab.run("document.querySelector('.chooser [data-k=\"2\"]').click()")
    assert tab.run(dim) == ["0", "1", "3"]
    tab.run("document.querySelector('.chooser [data-k=\"2\"]').click()")
    assert tab.run(dim) == []


def test_paper_shows_what_is_folded(tab, path):
    tab.open(path)
    folded = "document.querySelectorAll('details:not([open])').length"
    before = tab.run(folded)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert before > 0 and tab.run(folded) == 0
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run(folded) == before


def test_text_stands_out_in_both_themes():
    """Contrast by WCAG 2 of at least 4.5 between each colour of text and each ground."""
    css = pathlib.Path(build_report.__code__.co_filename).with_name("report.css").read_text()
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in
              re.findall(r":root \{(.*?)\}", css, re.DOTALL)]  # fmt: skip
    assert len(themes) == 2
    for theme in themes:
        for ground in ("paper", "card"):
            for ink in ("ink", "soft", "link"):
                assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["warn"], theme["warn-paper"]) >= 4.5
        assert min(contrast(theme[c], theme["paper"]) for c in "ab") >= 3, "lines of charts"


def contrast(one, other):
    low, high = sorted(luminance(color) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(color):
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(c @ [0.2126, 0.7152, 0.0722])
