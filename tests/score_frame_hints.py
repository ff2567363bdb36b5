"""Measures how often the frame hints are right, on procedural objects in all 24 frames.

    python tests/score_frame_hints.py --objects 60 --seed 11

Prints the table of docs/meshes.md. Not collected by pytest: it takes minutes.
"""

import collections
import itertools
import pathlib
import sys

from absl import flags

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from flags import run_script  # noqa: E402

TURNS = (
    "right",
    "front along y",
    "on its side",
    "on its back or on end",
    "upside down",
    "upside down, front along y",
    "front to the back",
)
CATEGORIES = ("plane", "car", "chair", "other planes")


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_integer("objects", 60, "Objects of each category.", flag_values=values)
    flags.DEFINE_integer("seed", 11, "Seed of the objects.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Prints the share of hints at up or front, and of those that name the right flags."""
    rates = {name: score(name, values.seed, values.objects) for name in CATEGORIES}
    print("| turned |" + "".join(f" {name}s |" for name in CATEGORIES).replace("ss |", "s |"))
    print("| --- |" + " --- |" * len(CATEGORIES))
    for turn in TURNS:
        cells = ["{:.0%}, {:.0%}".format(*rate[turn]) for rate in rates.values()]
        print(f"| {turn} | {' | '.join(cells).replace('%', ' %')} |")


def score(category: str, seed: int, count: int) -> dict[str, tuple[float, float]]:
    """Of each turn the shares of objects that got a hint, and one with the right flags."""
    from tqdm import tqdm

    from keypointnet_tf.shapes.frames import AXES

    frames = [(u, f) for u, f in itertools.product(AXES, AXES) if u[-1] != f[-1]]
    noticed, right = collections.defaultdict(list), collections.defaultdict(list)
    for number in tqdm(range(count), desc=category):
        mesh = make(category, seed, number)
        for up, front in frames:
            hint = hint_when_read_as(mesh, up, front)
            noticed[turn_of(up, front)].append(hint is not None)
            right[turn_of(up, front)].append(hint is not None and names_the_frame(hint, up))
    return {
        turn: (sum(noticed[turn]) / len(noticed[turn]), sum(right[turn]) / len(right[turn]))
        for turn in TURNS
    }


def make(category: str, seed: int, number: int):
    """A procedural object in our frame."""
    from shapes.other_planes import generate_other_plane

    from keypointnet_tf.shapes.procedural import generate_object

    if category == "other planes":
        return generate_other_plane(seed, number)
    return generate_object(category, seed, number)


def hint_when_read_as(mesh, up: str, front: str) -> str | None:
    """The hint when a file in our own frame is read as if `up` and `front` were its axes."""
    import dataclasses

    from keypointnet_tf.shapes.frame_evidence import measure_frame
    from keypointnet_tf.shapes.frame_hints import turn_hint
    from keypointnet_tf.shapes.frames import frame_rotation
    from keypointnet_tf.shapes.likely_frame import likely_frame

    turned = dataclasses.replace(mesh, vertices=mesh.vertices @ frame_rotation(up, front).T)
    return turn_hint(likely_frame(measure_frame(turned)), up=up, front=front)


def names_the_frame(hint: str, up: str) -> bool:
    """Whether the flags named mend it: up z and front x, or -x, which shape does not tell."""
    words = hint.split()
    mended = "--up=z" in words or (up == "z" and "--up" not in hint)
    return mended and not {"--front=x", "--front=-x"}.isdisjoint(words)


def turn_of(up: str, front: str) -> str:
    """How an object of our frame lies when its file is read with other axes; among `TURNS`."""
    import numpy as np

    from keypointnet_tf.shapes.frames import frame_rotation

    turn = frame_rotation(up, front)
    lateral, upward = int(np.abs(turn[:, 1]).argmax()), turn[:, 2]
    if upward[2] > 0:
        if lateral == 0:
            return "front along y"
        return "right" if turn[0, 0] > 0 else "front to the back"
    if upward[2] < 0:
        return "upside down" if lateral == 1 else "upside down, front along y"
    return "on its back or on end" if lateral == 1 else "on its side"


if __name__ == "__main__":
    sys.exit(run_script("score_frame_hints.py", __doc__, define, main))
