"""Objects' keypoints in 3D, on turntables that the page's script turns.

Each is drawn once by `report_drawing.py`, so that it is seen on paper and without scripts too; the
script moves the same elements, from a copy of the scene in whole hundredths of an object unit.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.viz.grid import evenly, views_by_azimuth
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_drawing import FIRST_AZIMUTH, scene_svg, window_of
from keypointnet_tf.viz.report_page import Element, embedded_json, number, tag
from keypointnet_tf.viz.report_scene import Scene, scene_of
from keypointnet_tf.viz.report_views import view_svg

OBJECTS = 8
VIEWS_BESIDE = 4


def turntables(data: ReportData, count: int = OBJECTS) -> Element:
    """Turntables of objects from the best to the worst by median error, with views beside."""
    names, medians = ranked_objects(data)
    chosen = evenly(len(names), count)
    scenes = [scene_of(data.pairs, names[i]) for i in chosen]
    window = window_of(scenes)
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
    stand = tag("div", scene_svg(scene, name, window), dial, class_="stand")
    points = embedded_json(_integers(scene), anchor)
    return tag("figure", stand, beside, caption, points, class_="turntable", data_scene=anchor)


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
