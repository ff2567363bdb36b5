"""The page on shapes says what the generators do."""

import pathlib
import re

import pytest

from keypointnet_tf.shapes import car_kinds, chair_kinds, plane_kinds
from keypointnet_tf.shapes.procedural import CATEGORIES

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "shapes.md"
SHARES = {
    "plane": plane_kinds.SHARES,
    "car": car_kinds.SHARES,
    "chair": {name: kind.share for name, kind in chair_kinds.KIND_RANGES.items()},
}


def rows(category):
    """Cells of the tables below a category's heading."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {category.title()}s\n")[1]
    lines = text.split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "`" in line]


@pytest.mark.parametrize("category", CATEGORIES)
def test_kinds_and_shares(category):
    shown = {row[0].strip("`"): row[1] for row in rows(category) if len(row) == 2}
    assert shown == {
        kind: f"{share:.0%}".replace("%", " %") for kind, share in SHARES[category].items()
    }


@pytest.mark.parametrize("category", CATEGORIES)
def test_landmarks_and_pairs(category):
    found = {}
    for row in rows(category):
        if len(row) == 3:
            found |= {name: row[1] == "yes" for name in re.findall(r"`(\w+)`", row[0])}
    names = [
        n
        for name, pair in found.items()
        for n in ((f"left_{name}", f"right_{name}") if pair else (name,))
    ]
    assert sorted(names) == sorted(CATEGORIES[category].landmark_names)
    pairs = {(f"left_{name}", f"right_{name}") for name, pair in found.items() if pair}
    assert pairs == set(CATEGORIES[category].symmetric_pairs)


def test_pictures_are_there():
    for name in re.findall(r"\((images/\w+\.png)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / name).is_file()
