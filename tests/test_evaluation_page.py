"""The page on evaluation names what there is."""

import pathlib
import re

from keypointnet_tf.shapes import deformation

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PAGE = (REPOSITORY / "docs" / "evaluation.md").read_text(encoding="utf-8")


def rows(first_cell):
    """Cells of the table whose head starts with a word."""
    lines = PAGE.split(f"| {first_cell} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_preset_has_its_row():
    presets = {path.stem for path in (REPOSITORY / "flags" / "presets").glob("eval_*.flags")}
    assert {row[0].strip("`") for row in rows("preset")} == presets


def test_every_deformation_has_its_row_and_its_numbers():
    found = {row[0].strip("`"): row for row in rows("kind")}
    assert tuple(found) == deformation.KINDS
    assert f"k = g {deformation.BEND_DEGREES / 2:g}°" in found["bend"][1]
    assert f"{deformation.BEND_DEGREES:g}° from end to end" in found["bend"][2]
    assert f"g s {deformation.TWIST_DEGREES / 2:g}°" in found["twist"][1]
    assert f"c = ±{deformation.TAPER_CHANGE:g} g" in found["taper"][1]
    assert f"1 + {deformation.STRETCH_GROWTH:g} g w(s)" in found["stretch"][1]
    joints = [f"{deformation.JOINT_DEGREES / bones:.3g}°" for bones in deformation.BONES]
    assert found["skin"][2] == f"joints of {joints[0]}, {joints[1]} or {joints[2]}"


def test_pictures_and_scripts_are_there():
    for name in re.findall(r"\((images/\w+\.png)\)", PAGE):
        assert (REPOSITORY / "docs" / name).is_file()
    for name in re.findall(r"python (\S+\.py)", PAGE):
        assert (REPOSITORY / name).is_file()
