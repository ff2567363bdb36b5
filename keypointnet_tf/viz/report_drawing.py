"""A turntable's scene drawn once, as it is seen first, every element under the name that moves it.

Lengths in the drawing are hundredths of an object unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keypointnet_tf.viz.report_keypoints import css_color
from keypointnet_tf.viz.report_page import Element, tag
from keypointnet_tf.viz.report_scene import ELEVATION, Scene, look_from

FIRST_AZIMUTH = 40.0
DEPTH_BANDS = ("far", "middle", "near")
BAND_EDGE = 25.0
RING_RADIUS, RING_POINTS = 118.0, 48
FRONT = ((104.0, 0.0), (132.0, 0.0))
MARK, MARK_DEPTH = 4.6, 0.0028
DIAMOND = "M0-2.6 2.6 0 0 2.6-2.6 0Z"


def scene_svg(scene: Scene, name: str, window: str) -> Element:
    """The drawing of an object's scene; `window` is the part of the plane that is shown."""
    depth = _seen(scene.keypoints)[:, 2]
    far_first = np.argsort(depth, kind="stable").tolist()
    return tag(
        "svg",
        _ground(scene.floor),
        _shape(scene.shape),
        [_cloud(k, points) for k, points in enumerate(scene.single)],
        [_landmark(p, text) for p, text in zip(scene.landmarks, scene.names, strict=True)],
        tag("g", [_mark(k, scene.keypoints[k]) for k in far_first], class_="marks"),
        viewBox=window,
        role="img",
        aria_label=f"{name}: keypoints in 3D, seen from the front left",
    )


def window_of(scenes: Sequence[Scene]) -> str:
    """The part of the drawings' plane that holds every scene at every azimuth."""
    ring = RING_RADIUS * np.sin(np.radians(ELEVATION))
    tall = 100 * np.cos(np.radians(ELEVATION))
    top = min(-tall * scene.ceiling for scene in scenes) - 0.7 * ring
    bottom = max(-tall * scene.floor for scene in scenes) + ring + 14
    return f"-136 {top:.0f} 272 {bottom - top:.0f}"


def _seen(points: np.ndarray) -> np.ndarray:
    """`[..., 3]` right, down, nearer, in hundredths, of points in object units."""
    return 100 * look_from(points, FIRST_AZIMUTH)


def _shape(points: np.ndarray) -> list[Element]:
    """A path for each band of depth, so that what is far can be paler."""
    seen = _seen(points)
    band = np.searchsorted([-BAND_EDGE, BAND_EDGE], seen[:, 2])
    return [
        tag("path", d=_dotted(seen[band == i]), class_=f"shape {name}")
        for i, name in enumerate(DEPTH_BANDS)
    ]


def _cloud(keypoint: int, points: np.ndarray) -> Element:
    """What the single views gave for a keypoint."""
    path, color = _dotted(_seen(points)), css_color(keypoint)
    return tag("path", d=path, stroke=color, class_=f"cloud kp k{keypoint}", data_k=keypoint)


def _landmark(point: np.ndarray, name: str) -> Element:
    return tag("path", tag("title", name), d=DIAMOND, class_="lm", transform=_at(_seen(point)))


def _mark(keypoint: int, point: np.ndarray) -> Element:
    """A keypoint with its number, larger when nearer."""
    seen = _seen(point)
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


def _dotted(points: np.ndarray) -> str:
    """A path of one dot for each of `[N, 2 or 3]`, drawn by its round line ends."""
    return "".join(f"M{x} {y}h0" for x, y in np.rint(points[:, :2]).astype(int).tolist())


def _polyline(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in np.asarray(points).tolist())


def _at(point: np.ndarray, *, scale: float = 1.0) -> str:
    size = "" if scale == 1 else f" scale({scale:.3f})"
    return f"translate({float(point[0]):.1f} {float(point[1]):.1f}){size}"
