"""Keypoints of photos as plain JSON values: the schema of `keypoints.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints

FRAME = "OpenGL, of the crop: x right, y up, looks along -z; the object's longest side is 2"


def photo_json(
    photo: PhotoKeypoints,
    virtual_camera: Mapping[str, object],
    *,
    picture: str | None = None,
    pose: np.ndarray | None = None,
) -> dict:
    """One photo: its keypoints in its pixels and in the crop's virtual camera, and its front.

    Args:
      photo: what was found.
      virtual_camera: of the predictor; see `Predictor.virtual_camera`.
      picture: name of the file that shows the keypoints, None where there is none.
      pose: `[4, 4]` object to crop camera, None where it is unknown.
    """
    return {
        "file": photo.file,
        "width": photo.width,
        "height": photo.height,
        **found_json(photo, pose),
        "virtual_camera": camera_json(virtual_camera),
        "picture": picture,
    }


def camera_json(virtual_camera: Mapping[str, object]) -> dict:
    """The virtual camera with its frame in words."""
    return {**virtual_camera, "frame": FRAME}


def found_json(photo: PhotoKeypoints, pose: np.ndarray | None) -> dict:
    """What was found in one picture: `crop`, `keypoints`, `orientation`, `object_to_camera`.

    Args:
      photo: what was found.
      pose: `[4, 4]` object to crop camera, None where it is unknown.
    """
    (x0, y0), side = photo.framing.corner, photo.framing.side
    return {
        "crop": {"x0": float(x0), "y0": float(y0), "side": float(side)},
        "keypoints": _keypoints(photo),
        "orientation": {
            "faces": "right" if photo.faces_right else "left",
            "front": photo.front.tolist(),
            "back": photo.back.tolist(),
            "margin": photo.margin,
            "confidence": photo.faces_confidence,
        },
        "object_to_camera": None if pose is None else pose.tolist(),
    }


def keypoints_json(
    images: Sequence[Mapping[str, object]],
    *,
    model: str,
    category: str,
    failures: Sequence[Mapping[str, str]] = (),
) -> dict:
    """The whole file.

    Args:
      images: of `photo_json`.
      model: which one found them.
      category: of its objects, "" where unknown.
      failures: photos that could not be used, each with `file` and `reason`.
    """
    return {
        "model": model,
        "category": category,
        "images": list(images),
        "failures": list(failures),
    }


def _keypoints(photo: PhotoKeypoints) -> list[dict]:
    values = zip(photo.xy, photo.depth, photo.xyz_camera, photo.confidence, strict=True)
    vectors = photo.descriptors
    return [
        {
            "index": index,
            "x": float(xy[0]),
            "y": float(xy[1]),
            "depth": float(depth),
            "camera": xyz.tolist(),
            "confidence": float(confidence),
            **({} if vectors is None else {"descriptor": vectors[index].tolist()}),
        }
        for index, (xy, depth, xyz, confidence) in enumerate(values)
    ]
