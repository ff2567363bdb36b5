"""Views of objects with their keypoints, and pairs of views with what is known of them.

A picture is embedded small and enlarged by the browser; keypoints are drawn over it as vectors.
Letters: K keypoints, S picture size.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, features

from keypointnet_tf.viz.overlay import LOW_CONFIDENCE
from keypointnet_tf.viz.report_data import ReportData, ScoredPairs
from keypointnet_tf.viz.report_keypoints import css_color
from keypointnet_tf.viz.report_page import Content, Element, data_uri, number, tag

LARGEST_SIDE = 128
QUALITY = 88
# A view is drawn on a square of 100 units, of which a part around the object is shown.
LEAST_CROP, MARGIN = 46.0, 5.0
RADIUS, LABEL_GAP = 2.3, 6.4


def view_svg(pairs: ScoredPairs, pair: int, view: int, label: str = "") -> Element:
    """One view with its keypoints, close around the object; rings are those of low confidence.

    Args:
      pairs: with images or without; then the keypoints stand on an empty ground.
      pair, view: which.
      label: read out for the picture.
    """
    uv = pairs.uv[pair, view].astype(float)
    xy = np.stack([(uv[:, 0] + 1) * 50, (1 - uv[:, 1]) * 50], axis=-1)
    image = None if pairs.images is None else pairs.images[pair, view]
    x, y, side = crop(image, xy)
    picture = None
    if image is not None:
        picture = tag(
            "image", href=embedded_picture(image), width=100, height=100, preserveAspectRatio="none"
        )
    trust = np.ones(len(xy)) if pairs.confidence is None else pairs.confidence[pair, view]
    marks = [_mark(k, xy[k], side / 100, trust[k] < LOW_CONFIDENCE) for k in range(len(xy))]
    labels = [_label(k, xy, side / 100) for k in range(len(xy))]
    return tag(
        "svg",
        picture,
        marks,
        labels,
        viewBox=f"{x:.1f} {y:.1f} {side:.1f} {side:.1f}",
        class_="view",
        role="img",
        aria_label=label or f"view {view} of {pairs.object_id[pair]} with its keypoints",
    )


def crop(image: np.ndarray | None, xy: np.ndarray) -> tuple[float, float, float]:
    """Square `(x, y, side)` of the picture's 100 units around the object and its keypoints.

    Args:
      image: `[S, S, 4]` uint8, or None.
      xy: `[K, 2]` keypoints in those units; what lies outside the picture stays outside.
    """
    corners = [np.clip(xy, 0, 100)]
    if image is not None and image[..., 3].any():
        rows, columns = np.nonzero(image[..., 3])
        inside = np.stack([columns, rows], axis=-1) * 100 / len(image)
        corners.append(inside + 50 / len(image))
    corners = np.concatenate(corners)
    low, high = corners.min(axis=0) - MARGIN, corners.max(axis=0) + MARGIN
    side = float(np.clip((high - low).max(), LEAST_CROP, 100))
    x, y = np.clip((low + high - side) / 2, 0, 100 - side).tolist()
    return x, y, side


def _mark(keypoint: int, xy: np.ndarray, scale: float, ring: bool) -> Element:
    """A disc in the keypoint's colour, outlined in white and black, or a ring."""
    color = css_color(keypoint)
    disc = tag(
        "circle",
        r=RADIUS,
        fill="none" if ring else color,
        stroke=color if ring else None,
        stroke_width=1.3 if ring else None,
    )
    return tag(
        "g",
        tag("title", f"keypoint {keypoint}" + (", low confidence" if ring else "")),
        [tag("circle", r=RADIUS, class_=name) for name in ("rim", "rim white")],
        disc,
        class_=f"kp k{keypoint}",
        data_k=keypoint,
        transform=_at(xy, scale),
    )


def _label(keypoint: int, xy: np.ndarray, scale: float) -> Element:
    """The keypoint's number, away from the middle of all keypoints; above where they coincide."""
    away = xy[keypoint] - xy.mean(axis=0)
    length = float(np.linalg.norm(away))
    away = away / length if length > 1e-6 else np.array([0.0, -1.0])
    place = np.clip(xy[keypoint] + LABEL_GAP * scale * away, 4 * scale, 100 - 4 * scale)
    return tag(
        "text",
        str(keypoint),
        y=2.3,
        class_=f"kp k{keypoint}",
        data_k=keypoint,
        transform=_at(place, scale),
    )


def _at(xy: np.ndarray, scale: float) -> str:
    return f"translate({xy[0]:.1f} {xy[1]:.1f}) scale({scale:.2f})"


def pair_card(data: ReportData, pair: int, reasons: Sequence[str] = ()) -> Element:
    """Both views of a pair, its error, why it went wrong where that is known, and its views."""
    table, pairs = data.per_example, data.pairs
    error = f"{number(float(table['angular_error_deg'][pair]))}°"
    kind = "" if pairs.kind is None else str(pairs.kind[pair])
    name = " · ".join(x for x in (str(pairs.object_id[pair]), kind) if x)
    label = f"{pairs.object_id[pair]}, angular error {error}"
    apart = number(float(table["view_angle_deg"][pair]), 2)
    head = tag("p", tag("b", error), [tag("span", r, class_="why") for r in reasons], class_="head")
    views = [view_svg(pairs, pair, view, f"view {view} of {label}") for view in (0, 1)]
    return tag(
        "figure",
        head,
        tag("div", views, class_="views"),
        tag(
            "figcaption",
            tag("span", name, class_="name"),
            f"pair {int(table['pair'][pair])} · views {apart}° apart · ",
            f"from {camera(data, pair, 0)} and {camera(data, pair, 1)}",
        ),
        class_="pair",
    )


def camera(data: ReportData, pair: int, view: int) -> str:
    """Where a view is seen from, in words: "front left, 30° up"."""
    azimuth = float(data.per_example[f"azimuth{view}_deg"][pair])
    elevation = float(data.per_example[f"elevation{view}_deg"][pair])
    sides = (
        "front",
        "front left",
        "left",
        "rear left",
        "rear",
        "rear right",
        "right",
        "front right",
    )
    side = sides[round(azimuth / 45) % 8]
    return f"{side}, {abs(elevation):.0f}° {'up' if elevation >= 0 else 'below'}"


def cards(data: ReportData, rows: Sequence[int], reasons: Sequence[Sequence[str]]) -> Content:
    """Cards of several pairs in a grid; `reasons` has an entry for each pair of the data."""
    return tag("div", [pair_card(data, int(i), reasons[i]) for i in rows], class_="pairs")


def embedded_picture(image: np.ndarray) -> str:
    """A picture as an address, at most 128 pixels wide; what lies under alpha 0 is cleared.

    WebP, or PNG where Pillow was built without WebP.

    Args:
      image: `[S, S, 4]` uint8, straight alpha.
    """
    picture = Image.fromarray(np.where(image[..., 3:] > 0, image, 0).astype(np.uint8))
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if features.check("webp"):
        picture.save(buffer, "WEBP", quality=QUALITY, method=4)
        return data_uri(buffer.getvalue(), "image/webp")
    picture.save(buffer, "PNG", optimize=True)
    return data_uri(buffer.getvalue(), "image/png")
