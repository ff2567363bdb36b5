"""Objects' keypoints in 3D, on turntables that the page's script turns.

Each is drawn once here, so that it is seen on paper and without scripts too; the script moves the
same elements. Lengths in the drawings are hundredths of an object unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keypointnet_tf.viz.grid import evenly, views_by_azimuth
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_keypoints import css_color
from keypointnet_tf.viz.report_page import Element, embedded_json, number, tag
from keypointnet_tf.viz.report_scene import ELEVATION, Scene, look_from, scene_of
from keypointnet_tf.viz.report_views import view_svg

OBJECTS = 8
VIEWS_BESIDE = 4
FIRST_AZIMUTH = 40.0
DEPTH_BANDS = ("far", "middle", "near")
BAND_EDGE = 25.0
RING_RADIUS, RING_POINTS = 118.0, 48
FRONT = ((104.0, 0.0), (132.0, 0.0))
MARK, MARK_DEPTH = 4.6, 0.0028


def turntables(data: ReportData, count: int = OBJECTS) -> Element | None:
    """Turntables of objects from the best to the worst by median error, with views beside.

    None when there are no objects to show.
    """
    names, medians = ranked_objects(data)
    chosen = evenly(len(names), count)
    if not len(chosen):
        return None
    scenes = [scene_of(data.pairs, names[i]) for i in chosen]
    window = _window(scenes)
    stands = [
        _stand(data, names[i], medians[i], scene, f"scene-{place}", window)
        for place, (i, scene) in enumerate(zip(chosen, scenes, strict=True))
    ]
    toggles = [("shape", "shape"), ("lm", "true landmarks"), ("cloud", "single views")]
    controls = tag(
        "p",
        tag("button", "Pause", type="button", id="turn", aria_pressed="true"),
        [
            tag("label", tag("input", type="checkbox", checked=True, data_layer=layer), text)
            for layer, text in toggles
        ],
        class_="controls",
    )
    return tag("div", controls, tag("div", stands, class_="stands"), id="stands")


def ranked_objects(data: ReportData) -> tuple[list[str], list[float]]:
    """Objects' names and median errors in degrees, least error first, ties by name."""
    ids = data.pairs.object_id
    names, group = np.unique(ids, return_inverse=True)
    medians = [float(np.median(data.errors[group.reshape(-1) == i])) for i in range(len(names))]
    order = np.argsort(medians, kind="stable")
    return [str(names[i]) for i in order], [medians[i] for i in order]


def _window(scenes: Sequence[Scene]) -> str:
    """The part of the drawings' plane that holds every scene at every azimuth."""
    ring = RING_RADIUS * np.sin(np.radians(ELEVATION))
    tall = 100 * np.cos(np.radians(ELEVATION))
    top = min(-tall * scene.ceiling for scene in scenes) - 0.7 * ring
    bottom = max(-tall * scene.floor for scene in scenes) + ring + 14
    return f"-136 {top:.0f} 272 {bottom - top:.0f}"


def _stand(
    data: ReportData, name: str, median: float, scene: Scene, anchor: str, window: str
) -> Element:
    views = views_by_azimuth(data.pairs, name)
    views = views[evenly(len(views), VIEWS_BESIDE)]
    beside = tag("div", [view_svg(data.pairs, int(i), int(j)) for i, j in views], class_="beside")
    kind = "" if data.pairs.kind is None else str(data.pairs.kind[views[0, 0]])
    dial = tag(
        "input",
        type="range",
        min=0,
        max=359,
        value=int(FIRST_AZIMUTH),
        class_="dial",
        aria_label=f"Azimuth from which {name} is seen",
    )
    caption = tag(
        "figcaption",
        tag("span", " · ".join(x for x in (name, kind) if x), class_="name"),
        f"median error {number(median)}°",
    )
    stand = tag("div", _picture(scene, name, window), dial, class_="stand")
    points = embedded_json(_integers(scene), anchor)
    return tag("figure", stand, beside, caption, points, class_="turntable", data_scene=anchor)


def _picture(scene: Scene, name: str, window: str) -> Element:
    """The scene from the first azimuth, every element under the name by which it is moved."""
    hundredths = 100 * look_from(scene.shape, FIRST_AZIMUTH)
    shape = [
        tag("path", d=dotted(hundredths[_band(hundredths[:, 2]) == i]), class_=f"shape {name_}")
        for i, name_ in enumerate(DEPTH_BANDS)
    ]
    clouds = [
        tag(
            "path",
            d=dotted(100 * look_from(points, FIRST_AZIMUTH)),
            stroke=css_color(k),
            class_=f"cloud kp k{k}",
            data_k=k,
        )
        for k, points in enumerate(scene.single)
    ]
    landmarks = [
        tag(
            "path",
            tag("title", text),
            d="M0-2.6 2.6 0 0 2.6-2.6 0Z",
            class_="lm",
            transform=_at(100 * look_from(point, FIRST_AZIMUTH)),
        )
        for point, text in zip(scene.landmarks, scene.names, strict=True)
    ]
    depth = look_from(scene.keypoints, FIRST_AZIMUTH)[:, 2]
    keypoints = [_mark(k, scene.keypoints[k]) for k in np.argsort(depth, kind="stable").tolist()]
    return tag(
        "svg",
        _ground(scene.floor),
        shape,
        clouds,
        landmarks,
        tag("g", keypoints, class_="marks"),
        viewBox=window,
        role="img",
        aria_label=f"{name}: keypoints in 3D, seen from the front left",
    )


def _mark(keypoint: int, point: np.ndarray) -> Element:
    """A keypoint with its number, larger when nearer."""
    seen = 100 * look_from(point, FIRST_AZIMUTH)
    return tag(
        "g",
        tag("title", f"keypoint {keypoint}"),
        tag("circle", r=MARK + 1.1, class_="rim"),
        tag("circle", r=MARK + 0.4, class_="rim white"),
        tag("circle", r=MARK, fill=css_color(keypoint)),
        tag("text", str(keypoint), x=MARK + 2.6, y=-MARK + 1),
        class_=f"kp mark k{keypoint}",
        data_k=keypoint,
        transform=_at(seen, scale=1 + MARK_DEPTH * float(seen[2])),
    )


def _ground(floor: float) -> list[Element]:
    """A circle around the object, with a line on the side of its front."""
    turn = np.linspace(0, 2 * np.pi, RING_POINTS, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * RING_RADIUS
    front, end = (_flat([point], floor)[0] for point in FRONT)
    return [
        tag("path", d=_polyline(_flat(ring, floor)) + "Z", class_="ring"),
        tag("path", d=_polyline([front, end]), class_="front"),
        tag("text", "front", y=9, text_anchor="middle", class_="front", transform=_at(end)),
    ]


def _flat(points: np.ndarray, floor: float) -> np.ndarray:
    """Points `[N, 2]` in hundredths on the ground, as they are seen first."""
    level = np.full((len(points), 1), 100 * floor)
    return look_from(np.concatenate([np.asarray(points, float), level], axis=1), FIRST_AZIMUTH)


def dotted(points: np.ndarray) -> str:
    """A path of one dot for each of `[N, 2 or 3]`, drawn by its round line ends."""
    return "".join(f"M{x} {y}h0" for x, y in np.rint(points[:, :2]).astype(int).tolist())


def _polyline(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in np.asarray(points).tolist())


def _at(point: np.ndarray, *, scale: float = 1.0) -> str:
    size = "" if scale == 1 else f" scale({scale:.3f})"
    return f"translate({float(point[0]):.1f} {float(point[1]):.1f}){size}"


def _band(depth: np.ndarray) -> np.ndarray:
    """Which of `DEPTH_BANDS` a depth in hundredths is in."""
    return np.searchsorted([-BAND_EDGE, BAND_EDGE], depth)


def _integers(scene: Scene) -> dict[str, object]:
    """The scene in whole hundredths, for the script."""

    def flat(points: np.ndarray) -> list[int]:
        return np.rint(100 * points).astype(int).reshape(-1).tolist()

    return {
        "shape": flat(scene.shape),
        "cloud": [flat(points) for points in scene.single],
        "keypoints": flat(scene.keypoints),
        "landmarks": flat(scene.landmarks),
        "floor": round(100 * scene.floor),
    }
