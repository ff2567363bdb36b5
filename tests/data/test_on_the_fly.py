"""Rendered pairs are functions of (seed, step), in one process or several."""

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest

from keypointnet_tf.data.on_the_fly import RenderedPairs
from keypointnet_tf.data.pair_source import MeshList, PairSource, ProceduralObjects
from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.shapes.mesh import Material, Mesh

CONFIG = PairConfig(size=8, supersample=1)


def box(index):
    """A box whose height tells its number."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-0.5, 0.5) for z in (-1, 1)])
    corners = (corners * [1, 1, 0.3 + 0.1 * index]).astype(np.float32)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))], np.int32)
    normals = np.zeros((len(faces), 3, 3), np.float32)
    normals[..., 2] = 1
    return Mesh(
        corners,
        faces,
        normals,
        np.zeros((len(faces), 3, 2), np.float32),
        np.ones((len(faces), 3, 3), np.float32),
        np.zeros(len(faces), np.int32),
        (Material("paint"),),
        corners[:2],
        f"box{index}",
    )


def source(**changes):
    return PairSource(**({"mesh_at": box, "batch_size": 3, "config": CONFIG} | changes))


def assert_same(batch, other):
    assert batch.keys() == other.keys()
    for name in batch:
        np.testing.assert_array_equal(batch[name], other[name])


def ids(pairs):
    return [int(pair.object_id.removeprefix("box")) for pair in pairs]


@pytest.mark.parametrize("objects", [None, 4])
def test_a_batch_depends_on_seed_and_step_alone(objects):
    one, other = source(objects=objects), source(objects=objects, cached_scenes=1)
    batches = [one(step) for step in range(3)]
    for step in (2, 0, 1):
        assert_same(other(step), batches[step])
    assert not np.array_equal(batches[0]["image0"], batches[1]["image0"])
    again = source(objects=objects, seed=1)(0)
    assert not np.array_equal(again["object_to_camera0"], batches[0]["object_to_camera0"])


def test_a_pool_is_shown_evenly_from_ever_new_cameras():
    pairs = [pair for step in range(8) for pair in source(objects=4).pairs(step)]
    assert np.bincount(ids(pairs)).tolist() == [6, 6, 6, 6]
    assert len({pair.object_to_camera0.tobytes() for pair in pairs}) == 24


def test_endless_objects_stay_for_some_steps():
    shown = [ids(source(steps_per_object=2).pairs(step)) for step in range(5)]
    assert shown == [[0, 1, 2], [0, 1, 2], [3, 4, 5], [3, 4, 5], [6, 7, 8]]
    poses = {p.object_to_camera0.tobytes() for s in range(4) for p in source().pairs(s)}
    assert len(poses) == 12


def test_a_list_of_meshes_and_a_schedule_of_views():
    def near(step):
        angle = 2.0 + step
        return dataclasses.replace(CONFIG, sampling=CameraSampling(max_angle_degrees=angle))

    views = source(mesh_at=MeshList([box(0), box(1)]), objects=2, config=near)
    assert set(ids(views.pairs(0))) == {0, 1}
    for pair in views.pairs(0):
        along = pair.object_to_camera0[2, :3] @ pair.object_to_camera1[2, :3]
        assert along > np.cos(np.radians(2.01))


def test_source_refuses_numbers_below_one():
    for name in ("batch_size", "objects", "steps_per_object", "cached_scenes"):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            source(**{name: 0})


def test_source_pickles_after_use():
    used = source()
    batch = used(1)
    assert_same(pickle.loads(pickle.dumps(used))(1), batch)


def test_data_set_resumes_and_pickles():
    pairs = RenderedPairs(source(), first_step=5)
    assert_same(pairs[1], source()(6))
    assert_same(pickle.loads(pickle.dumps(pairs))[1], source()(6))


@pytest.mark.parametrize("processes", [False, True])
def test_workers_give_the_same_batches(processes):
    meshes = MeshList([box(0), box(1)])
    views = source(mesh_at=meshes, objects=2)
    pairs = RenderedPairs(views, workers=2, use_multiprocessing=processes)
    try:
        for step in (0, 1, 0, 1, 2):
            assert_same(pairs[step], views(step))
    finally:
        pairs.close()


def test_workers_import_neither_keras_nor_tensorflow():
    code = (
        "import sys; import keypointnet_tf.data.pair_source, keypointnet_tf.data.prefetch; "
        "print([name for name in ('keras', 'tensorflow', 'jax') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_procedural_objects():
    views = source(mesh_at=ProceduralObjects("plane", seed=2), batch_size=1)
    (pair,) = views.pairs(4)
    assert pair.object_id == "plane_2_000004" and pair.landmarks is not None
