"""Draws the picture of docs/conventions.md: the object frame, the camera frame and the image.

    python examples/draw_conventions.py --out=docs/images/conventions.png

All that is drawn goes through the functions that render and train.
"""

from __future__ import annotations

import os
import pathlib

import matplotlib
import numpy as np
from absl import app, flags

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.procedural import generate_object

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)

RED, GREEN, BLUE, INK, FAINT = "#d62728", "#2a8f2a", "#1f5fb4", "#22262e", "#9aa0aa"
PIXELS = 8

FLAGS = flags.FLAGS
flags.DEFINE_string("out", "docs/images/conventions.png", "PNG to write.")
flags.DEFINE_integer("seed", 4, "Seed of the plane that is drawn.", lower_bound=0)


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"arguments are {argv[1:]}; expected flags only")
    mesh = generate_object("plane", FLAGS.seed, 0)
    figure, axes = pyplot.subplots(1, 3, figsize=(13.5, 4.4), dpi=90)
    for panel, draw in zip(axes, (draw_object_frame, draw_camera_frame, draw_image), strict=True):
        draw(panel, mesh)
        panel.set_aspect("equal")
        panel.axis("off")
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.9, wspace=0.04)
    out = pathlib.Path(FLAGS.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    figure.savefig(part, format="png", facecolor="white")
    os.replace(part, out)


def draw_object_frame(panel, mesh: Mesh) -> None:
    """The object from its front left, with its axes and its bounding box."""
    pose = placement.look_at(np.array([0.62, 0.62, 0.42]) * placement.NOMINAL_DISTANCE)
    focal = placement.focal_length()
    show_rendering(panel, mesh, pose, focal)
    low, high = mesh.bounds()
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    for a in corners:
        for b in corners:
            if np.abs(a - b).sum() == 1 and (b > a).any():
                ends = placement.project_points(low + np.stack([a, b]) * (high - low), pose, focal)
                panel.plot(*ends[0].T, color=FAINT, lw=0.8, ls=":")
    axes = (("+x forward", RED, 1.35), ("+y left", GREEN, 1.3), ("+z up", BLUE, 0.9))
    for axis, (label, color, length) in enumerate(axes):
        ends = np.stack([np.zeros(3), np.eye(3)[axis] * length])
        arrow(panel, *placement.project_points(ends, pose, focal)[0], color, label)
    panel.set_title("Object frame: box centred, longest side 2", color=INK)
    panel.set(xlim=(-1.45, 1.45), ylim=(-1.3, 1.3))


def draw_camera_frame(panel, mesh: Mesh) -> None:
    """A camera, its axes and its image plane, from behind and above; not to scale."""
    sight = placement.look_at(np.array([2.4, 1.2, 1.3]) * 8)[:3, :3]
    # The camera's frame has y up where the drawing has z up.
    stand = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])

    def flat(points):
        return (np.asarray(points, float) @ stand.T @ sight.T)[..., :2]

    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    image = np.column_stack([square * 0.75, np.full(5, -2.4)])
    panel.fill(*flat(image).T, color="#dfe7f3", alpha=0.8, zorder=1)
    panel.plot(*flat(image).T, color=INK, lw=1)
    for corner in image[:4]:
        panel.plot(*flat([np.zeros(3), corner]).T, color=FAINT, lw=0.8)
    panel.plot(*flat([[0, 0, 0], [0, 0, -4.2]]).T, color=FAINT, lw=1, ls="--")
    beyond = placement.transform_points(mesh.vertices, placement.look_at([1.3, 1.0, 0.5]))
    beyond = (beyond - beyond.mean(axis=0)) * 0.9 + [0, 0, -4.4]
    panel.tripcolor(
        *flat(beyond).T,
        triangles=mesh.faces,
        facecolors=np.ones(len(mesh.faces)),
        cmap="Greys",
        vmin=0,
        vmax=3,
        zorder=0,
    )
    panel.annotate("depth z < 0", flat([0, -0.8, -4.4]), color=INK, ha="center")
    for axis, (label, color) in enumerate((("+x right", RED), ("+y up", GREEN), ("+z back", BLUE))):
        arrow(panel, flat(np.zeros(3)), flat(np.eye(3)[axis] * 1.0), color, label)
    for label, color, tip in (("u", RED, (0.62, 0)), ("v", GREEN, (0, 0.62))):
        ends = flat([[0, 0, -2.4], [*tip, -2.4]])
        arrow(panel, *ends, color, label)
    panel.plot(*flat(np.zeros(3)), "o", color=INK, ms=6)
    panel.set_title("Camera frame: looks along -z (not to scale)", color=INK)
    low, high = flat([0, 0, 0]), flat([0, 0, -4.6])
    middle = (low + high) / 2
    panel.set(xlim=middle[0] + np.array([-3.2, 2.8]), ylim=middle[1] + np.array([-2.7, 2.7]))


def draw_image(panel, mesh: Mesh) -> None:
    """An image of few pixels with both of its coordinate systems."""
    pose = placement.look_at(np.array([0.5, -0.75, 0.4]) * placement.NOMINAL_DISTANCE)
    show_rendering(panel, mesh, pose, placement.focal_length())
    for line in np.linspace(-1, 1, PIXELS + 1):
        panel.plot([line, line], [-1, 1], color=FAINT, lw=0.5)
        panel.plot([-1, 1], [line, line], color=FAINT, lw=0.5)
    arrow(panel, (0, 0), (0.6, 0), RED, "u")
    arrow(panel, (0, 0), (0, 0.6), GREEN, "v")
    first = placement.pixels_to_ndc(np.array([0.5, 0.5]), PIXELS, PIXELS)
    panel.plot(*first, "o", color=INK, ms=5)
    panel.annotate("pixel (0.5, 0.5)", first, (first[0] + 0.14, first[1] - 0.03), color=INK)
    corners = (
        ((-1, 1), "x = 0, y = 0"),
        ((1, 1), f"x = {PIXELS}, y = 0"),
        ((-1, -1), f"x = 0, y = {PIXELS}"),
        ((1, -1), f"x = {PIXELS}, y = {PIXELS}"),
    )
    for (u, v), text in corners:
        panel.annotate(
            f"({u:+d}, {v:+d})\n{text}",
            (u, v * 1.05),
            color=INK,
            ha="center",
            va="bottom" if v > 0 else "top",
            fontsize=9,
        )
    panel.set_title(f"Image of {PIXELS} x {PIXELS}: (u, v), and pixels x, y", color=INK)
    panel.set(xlim=(-1.45, 1.45), ylim=(-1.3, 1.3))


def show_rendering(panel, mesh: Mesh, pose: np.ndarray, focal: float) -> None:
    """Shows the mesh over -1..1 of both axes."""
    image = Scene(mesh).render(pose, size=360, focal=focal).rgba
    panel.imshow(image, extent=(-1, 1, -1, 1), zorder=0)


def arrow(panel, start, end, color: str, label: str) -> None:
    """An arrow, labelled past its tip."""
    start, end = np.asarray(start), np.asarray(end)
    style = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    panel.annotate("", end, start, arrowprops=style, zorder=5, annotation_clip=False)
    beyond = end + (end - start) / np.linalg.norm(end - start) * 0.09
    side = "center" if abs(beyond[0] - start[0]) < 0.3 else "left" if end[0] > start[0] else "right"
    panel.annotate(label, beyond, color=color, ha=side, va="center", weight="bold", zorder=6)


if __name__ == "__main__":
    app.run(main)
