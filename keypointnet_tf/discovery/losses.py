"""The losses of unsupervised keypoint discovery, one pure function each.

Every function returns `[B]`, one value per view pair: no weights, no reduction over the batch.
Scales follow the published training code, so that published loss weights carry over: all losses
but separation sum the two views. Suwajanakorn, Snavely, Tompson, Norouzi: Discovery of Latent 3D
Keypoints via End-to-end Geometric Reasoning, NeurIPS 2018, section 3.
Letters: B pairs, K keypoints, H W heatmap cells.
"""

from __future__ import annotations

from keras import ops

from keypointnet_tf.geometry import camera, heatmap, procrustes, rotation


def multi_view_consistency(xyz0_camera, uv1, pose_0to1, focal1):
    """Eq. 3, one direction: view 0's keypoints, moved to camera 1, must project on view 1's.

    Args:
      xyz0_camera: `[B, K, 3]` in camera 0's frame.
      uv1: `[B, K, 2]` NDC, view 1's own keypoints.
      pose_0to1: `[B, 4, 4]` camera 0's frame to camera 1's.
      focal1: `[B]`.

    Returns:
      `[B]` mean over k of the squared NDC distance.
    """
    moved = camera.project(camera.transform(xyz0_camera, pose_0to1), focal1)
    return ops.mean(ops.sum(ops.square(moved - uv1), axis=-1), axis=-1)


def relative_pose(xyz0_camera, xyz1_camera, rotation_0to1):
    """Eq. 4: angle between the Procrustes rotation of the two keypoint sets and the truth.

    Args:
      xyz0_camera, xyz1_camera: `[B, K, 3]`, each in its own camera's frame; training adds noise
        to both before the call.
      rotation_0to1: `[B, 3, 3]`.

    Returns:
      `[B]` radians.
    """
    estimate = procrustes.procrustes_rotation(xyz0_camera, xyz1_camera)
    return rotation.angle_between(estimate, rotation_0to1)


def separation(xyz, delta: float):
    """Eq. 5: `mean_k sum_{k' != k} max(0, delta - |p_k - p_k'|^2)` of one view.

    The published code includes the self pairs, which add the constant `delta`; here they are
    left out. It averages this loss over the two views, alone among the losses.

    Args:
      xyz: `[B, K, 3]`.
      delta: squared distance below which two keypoints repel each other.
    """
    count = xyz.shape[-2]
    squared = ops.sum(ops.square(xyz[:, :, None] - xyz[:, None]), axis=-1)
    close = ops.maximum(0.0, delta - squared) * (1.0 - ops.eye(count))
    return ops.mean(ops.sum(close, axis=-1), axis=-1)


def silhouette(heatmaps, mask):
    """Eq. 6: mean over k of `-log` of the share of the keypoint's heatmap on the object.

    Args:
      heatmaps: `[B, H, W, K]`, each summing to 1.
      mask: `[B, H, W, 1]` in [0, 1] on the heatmap's grid.
    """
    inside = ops.sum(heatmaps * mask, axis=(1, 2))
    return ops.mean(-ops.log(inside + 1e-12), axis=-1)


def variance(heatmaps):
    """Mean over k of the heatmap's variance about its own mean, squared NDC."""
    return ops.mean(heatmap.spatial_variance(heatmaps), axis=-1)


def orientation(orient_uv, object_to_camera, focal):
    """Mean squared error of OrientNet's points against the projected `+x` and `-x` axis points.

    Args:
      orient_uv: `[B, 2, 2]` NDC, `+x` first.
      object_to_camera: `[B, 4, 4]`.
      focal: `[B]`.

    Returns:
      `[B]` mean over the four coordinates.
    """
    truth = axis_points_uv(object_to_camera, focal)
    return ops.mean(ops.square(orient_uv - truth), axis=(-2, -1))


def template(xyz_camera, template_object, object_to_camera):
    """Warm start: mean over k of the squared distance to the template's turned points.

    Args:
      xyz_camera: `[B, K, 3]`.
      template_object: `[K, 3]` trainable points in the object frame, one set for the category.
      object_to_camera: `[B, 4, 4]`.
    """
    target = camera.transform(template_object[None], object_to_camera)
    return ops.mean(ops.sum(ops.square(xyz_camera - target), axis=-1), axis=-1)


def landmarks(xyz_camera, landmarks_object, object_to_camera):
    """The supervised baseline: mean squared distance of keypoint k to the true landmark k.

    Args:
      xyz_camera: `[B, K, 3]`.
      landmarks_object: `[B, K, 3]` in the object frame, NaN where a part is absent; such points
        do not count.
      object_to_camera: `[B, 4, 4]`.

    Returns:
      `[B]` mean over the landmarks that are there, 0 where none is.
    """
    there = ops.cast(ops.logical_not(ops.isnan(landmarks_object[..., 0])), "float32")
    target = ops.where(there[..., None] > 0, landmarks_object, ops.zeros_like(landmarks_object))
    target = camera.transform(target, object_to_camera)
    squared = ops.sum(ops.square(xyz_camera - target), axis=-1)
    return ops.sum(squared * there, axis=-1) / ops.maximum(ops.sum(there, axis=-1), 1.0)


def axis_points_uv(object_to_camera, focal):
    """`[B, 2, 2]` NDC projections of `(1, 0, 0)` and `(-1, 0, 0)`."""
    points = ops.convert_to_tensor([[[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]], "float32")
    return camera.project(camera.transform(points, object_to_camera), focal)


def faces_right(orient_uv, noise=0.0):
    """`[B]` float32, 1 where `u(+x) > u(-x)`: the left/right bit of the object.

    Args:
      orient_uv: `[B, 2, 2]` NDC, `+x` first.
      noise: `[B]` NDC, added to the difference.
    """
    return ops.cast(orient_uv[:, 0, 0] - orient_uv[:, 1, 0] + noise > 0, "float32")
