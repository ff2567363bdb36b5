"""The mesh that a rendering job shows of an object: loaded, marked with landmarks, deformed.

Letters: L landmarks, N points.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.data.human_keypoints import (
    Annotation,
    HumanKeypoints,
    cached_human_keypoints,
)
from keypointnet_tf.rendering.job import ObjectTask, RenderJob
from keypointnet_tf.shapes.deformation import deform
from keypointnet_tf.shapes.frames import KNOWN_FRAMES, Frame
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.sources import MeshSource

SHAPENET_FRAME = KNOWN_FRAMES["shapenet_v2"]
# Human keypoints lie on the surface; further off (object units), the mesh is another one.
FARTHEST = 0.05


def object_mesh(job: RenderJob, task: ObjectTask) -> Mesh:
    """The mesh of an object of a job.

    Raises:
      ValueError: its file cannot be read, or its human keypoints are absent or do not fit it.
    """
    mesh = task.load(job)
    if job.human_keypoints:
        annotation = cached_human_keypoints(job.human_keypoints).find(task.object_id)
        if annotation is None:
            raise ValueError(f"{job.human_keypoints}: holds no keypoints of {task.object_id}")
        mesh = attach_landmarks(mesh, annotation, Frame(task.source.up, task.source.front))
    return mesh if job.deformation is None else deform(mesh, job.deformation)


def attach_landmarks(mesh: Mesh, annotation: Annotation, frame: Frame = SHAPENET_FRAME) -> Mesh:
    """The mesh with its human keypoints as landmarks `[L, 3]`, NaN where absent.

    The points take the way that the mesh took from its file: turned out of the file's frame, then
    `mesh.placement`.

    Args:
      mesh: the annotated model as `load_mesh` gives it, not deformed since.
      annotation: its keypoints.
      frame: the frame that the mesh was loaded with.

    Raises:
      ValueError: the mesh was deformed, or a keypoint lies off its surface.
    """
    name = mesh.object_id or "mesh"
    if mesh.placement is None:
        raise ValueError(f"{name}: the mesh is deformed; expected it as its file has it")
    landmarks = mesh.placement(annotation.xyz @ frame.rotation().T)
    rows = np.flatnonzero(~np.isnan(landmarks[:, 0]))
    distances = distances_to_surface(mesh, landmarks[rows], limit=FARTHEST)
    for row in rows[distances > FARTHEST]:
        raise ValueError(
            f"{name}: human keypoint in row {row} at {annotation.xyz[row].tolist()} lies more than "
            f"{FARTHEST} off the surface; expected the mesh of ShapeNetCore v2, in its frame "
            "(up y, front -z)"
        )
    return dataclasses.replace(mesh, landmarks=landmarks.astype(np.float32))


def distances_to_surface(mesh: Mesh, points: np.ndarray, *, limit: float) -> np.ndarray:
    """`[N]` distances of `points [N, 3]` to the nearest triangle, infinity beyond `limit`."""
    import trimesh

    triangles = mesh.vertices[mesh.faces].astype(np.float64)
    low, high = triangles.min(axis=1) - limit, triangles.max(axis=1) + limit
    distances = np.full(len(points), np.inf)
    for row, point in enumerate(np.asarray(points, np.float64)):
        near = triangles[((low <= point) & (point <= high)).all(axis=1)]
        if len(near):
            repeated = np.repeat(point[None], len(near), axis=0)
            closest = trimesh.triangles.closest_point(near, repeated)
            distances[row] = np.linalg.norm(closest - repeated, axis=1).min()
    return np.where(distances <= limit, distances, np.inf)


def annotated_sources(
    sources: Sequence[MeshSource], keypoints: HumanKeypoints
) -> tuple[MeshSource, ...]:
    """The sources that have human keypoints.

    Args:
      sources: mesh files whose ids are `<model>` or `<class>-<model>`.
      keypoints: of their class.

    Raises:
      ValueError: no source has keypoints.
    """
    found = tuple(s for s in sources if keypoints.find(s.object_id) is not None)
    if not found:
        ids = ", ".join(source.object_id for source in sources[:3]) or "none"
        raise ValueError(
            f"none of {len(sources)} meshes has human keypoints of class {keypoints.class_id}; "
            f"expected the model's id as the mesh's, got {ids}"
        )
    return found
