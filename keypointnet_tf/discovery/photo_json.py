"""Keypoints of photos as plain JSON values: the schema of `keypoints.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints

FRAME = "OpenGL, of the crop: x right, y up, looks along -z; the object's longest side is 2"


def photo_json(
    photo: PhotoKeypoints, virtual_camera: Mapping[str, object], *, picture: str | None = None
) -> dict:
    """One photo: its keypoints in its pixels and in the crop's virtual camera, and its front.

    Args:
      photo: what was found.
      virtual_camera: of the predictor; see `Predictor.virtual_camera`.
      picture: name of the file that shows the keypoints, None where there is none.
    """
    (x0, y0), side = photo.framing.corner, photo.framing.side
    return {
        "file": photo.file,
        "width": photo.width,
        "height": photo.height,
        "crop": {"x0": float(x0), "y0": float(y0), "side": float(side)},
        "keypoints": _keypoints(photo),
        "orientation": {
            "faces": "right" if photo.faces_right else "left",
            "front": photo.front.tolist(),
            "back": photo.back.tolist(),
            "margin": photo.margin,
            "confidence": photo.faces_confidence,
        },
        "virtual_camera": {**virtual_camera, "frame": FRAME},
        "picture": picture,
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
