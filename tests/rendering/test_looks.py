"""Random looks: patterns in hand-computed places, and what a draw keeps."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.rendering.looks import SOIL, Look, draw_color, draw_look, draw_looks
from keypointnet_tf.rendering.solid_textures import (
    LATTICE,
    PATTERNS,
    horizon,
    smoothstep,
    value_noise,
)
from keypointnet_tf.shapes.mesh import Material

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def look(**changes):
    plain = Look(RED, BLUE, "plain", 0.5, np.eye(3), np.zeros(3), np.zeros((LATTICE,) * 3))
    return dataclasses.replace(plain, **changes)


def albedo(chosen, points, up=0.0):
    points = np.array(points, float).reshape(-1, 3).T
    outward = np.zeros_like(points)
    outward[2], outward[0] = up, np.sqrt(1 - up**2)
    return chosen.albedo(points, outward).T


def draws(count=200, names=("body", "glass", "seat")):
    materials = [Material(name) for name in names]
    return [draw_looks(np.random.default_rng(seed), materials) for seed in range(count)]


def test_a_plain_look_has_one_colour():
    np.testing.assert_array_equal(albedo(look(), [[0, 0, 0], [1, -1, 0.3]]), [RED, RED])


def test_stripes_change_each_half_period_along_the_first_axis():
    # Of a period of 0.5 the quarter around whole periods is of the second colour.
    striped = look(pattern="stripes")
    places = [[0, 0.7, 0.2], [0.25, 0, 0], [0.5, 0, 0], [0.75, 0.1, -1]]
    np.testing.assert_allclose(albedo(striped, places), [BLUE, RED, BLUE, RED])
    turned = dataclasses.replace(striped, turn=np.eye(3)[[1, 0, 2]])
    np.testing.assert_allclose(albedo(turned, [[0.25, 0, 0], [0, 0.25, 0]]), [BLUE, RED])
    shifted = dataclasses.replace(striped, phase=np.array([0.5, 0, 0]))
    np.testing.assert_allclose(albedo(shifted, [[0, 0, 0], [0.25, 0, 0]]), [RED, BLUE])


def test_neighbouring_cubes_of_a_check_differ_along_every_axis():
    checked = look(pattern="checks")
    first = albedo(checked, [[0, 0, 0]])
    for step in np.eye(3) * 0.25:
        np.testing.assert_allclose(albedo(checked, step), 1 - first - [[0, 1, 0]])
        np.testing.assert_allclose(albedo(checked, 2 * step), first)


def test_a_gradient_runs_from_one_colour_to_the_other():
    graded = albedo(look(pattern="gradient", period=1.0), [[-0.6, 0, 0], [0, 1, 0], [0.6, 0, 0]])
    np.testing.assert_allclose(graded, [RED, (0.5, 0, 0.5), BLUE])


def test_noise_passes_through_its_lattice_and_repeats():
    lattice = np.random.default_rng(0).uniform(size=(LATTICE,) * 3)
    places = np.array([[1.0, 2, 3], [7, 0, 5], [-1, 8, 13]]).T
    expected = [lattice[1, 2, 3], lattice[7, 0, 5], lattice[7, 0, 5]]
    np.testing.assert_allclose(value_noise(places, lattice), expected)
    between = value_noise(np.array([[1.5], [2.0], [3.0]]), lattice)
    np.testing.assert_allclose(between, (lattice[1, 2, 3] + lattice[2, 2, 3]) / 2)


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_stay_in_range_and_show_both_colours(name):
    rng = np.random.default_rng(1)
    share = PATTERNS[name](rng.uniform(-2, 2, (3, 5000)), rng.uniform(size=(LATTICE,) * 3), 0.05)
    assert share.shape == (5000,) and 0 <= share.min() < 0.35 and 0.65 < share.max() <= 1


def test_metal_depends_on_the_normal_and_dirt_covers_the_lower_side_more():
    metal = look(metal=True)
    bright, dark = albedo(metal, [0, 0, 0], up=0.45), albedo(metal, [0, 0, 0], up=-0.05)
    np.testing.assert_allclose([bright[0, 0], dark[0, 0]], [1.0, 0.3], atol=1e-6)
    assert horizon(np.array([0.45])) == 1
    lattice = np.random.default_rng(2).uniform(size=(LATTICE,) * 3)
    dirty = look(dirt=1.0, lattice=lattice)
    above = np.random.default_rng(3).uniform(-1, 1, (4000, 3))
    above[:, 2] = 0.8
    below = above * [1, 1, -1]
    shares = [(albedo(dirty, points)[:, 1] / SOIL[1]).mean() for points in (above, below)]
    assert 0.02 < shares[0] < shares[1] - 0.1 < 1


def test_smoothstep_is_flat_at_its_ends():
    np.testing.assert_allclose(smoothstep(np.array([-1, 0, 0.5, 1, 2.0]), 0, 1), [0, 0, 0.5, 1, 1])


def test_draws_are_functions_of_the_generator():
    first, second = (draw_look(np.random.default_rng(5)) for _ in range(2))
    for field in dataclasses.fields(Look):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))
    colors = {draw_color(np.random.default_rng(seed)) for seed in range(20)}
    assert len(colors) == 20


def test_drawn_colours_and_numbers_are_in_range():
    for seed in range(200):
        drawn = draw_look(np.random.default_rng(seed))
        assert all(0 <= part <= 1 for part in (*drawn.color, *drawn.second))
        assert 0.15 < drawn.period < 3 and drawn.gloss >= 0 and drawn.sharpness > 0
        np.testing.assert_allclose(drawn.turn @ drawn.turn.T, np.eye(3), atol=1e-9)


def test_telling_materials_are_kept_in_half_of_the_draws_and_others_seldom():
    found = draws(400)
    kept = np.array([[one is None for one in looks] for looks in found]).mean(axis=0)
    assert abs(kept[1] - 0.5) < 0.1 and max(kept[0], kept[2]) < 0.25
    assert all(any(looks) for looks in found)


def test_an_object_of_glass_alone_still_changes():
    assert all(any(looks) for looks in draws(50, names=("glass",)))
    assert all(any(looks) for looks in draws(50, names=("only",)))
    assert draws(1, names=()) == [()]


def test_palettes_are_small_and_shared():
    counts = [len(set(map(id, filter(None, looks)))) for looks in draws(60, names=["m"] * 40)]
    assert set(counts) == {1, 2, 3, 4}
