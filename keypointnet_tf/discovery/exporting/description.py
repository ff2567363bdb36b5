"""What an export holds, in words and numbers: the content of `export.json`, and a table.

Letters: B images, K keypoints, S pixels of a side, H W heatmap cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keypointnet_tf.discovery.exporting.formats import Served
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.run_folder import versions

INPUTS = {
    "image": "RGB in [0, 1] over black, the object framed as in training",
    "focal": "focal length in NDC, 1 / tan(half the field of view)",
}
OUTPUTS = {
    "uv": "keypoints, NDC of the image: -1 to 1, u right, v up",
    "depth": "camera-frame z of each keypoint, negative in front of the camera, object units",
    "xyz_camera": "keypoints in the camera frame, object units",
    "confidence": "of each keypoint, in (0, 1], from its heatmap's spread",
    "orient_uv": "the object's +x (front) and -x (back) axis points, NDC",
    "faces_right": "the left/right decision that the keypoints were found with",
    "faces_confidence": "how probable it is that the decision is right, 0.5 to 1",
    "descriptors": "unit vector of each keypoint, to match keypoints of photos by dot product",
    "heatmap": "where each keypoint is, summing to 1 over the image",
}
PACKAGES = ("ai-edge-litert", "onnx", "onnxruntime", "tf2onnx")
_COLUMNS = ("uv", "depth", "confidence", "orient_uv")


def describe(predictor: Predictor, served: Served, *, tolerance: float) -> dict:
    """What goes in and comes out, and what the numbers mean: plain JSON values.

    Args:
      predictor: the model that is exported.
      served: the function that is.
      tolerance: by how much float32 files may deviate from Keras.
    """
    info = predictor.model.info
    return {
        "category": info.get("category", ""),
        "inputs": {name: _entry(served, name, INPUTS[name]) for name in served.inputs},
        "outputs": {name: _entry(served, name, OUTPUTS[name]) for name in served.outputs},
        "signature": "serving_default",
        "averaging": predictor.averaging,
        "camera": {
            **predictor.virtual_camera,
            "frame": "OpenGL: x right, y up, looks along -z",
            "projection": "u = -focal x / z, v = -focal y / z",
        },
        "object_share": info.get("object_share"),
        "canonical": predictor.canonical.tolist(),
        "units": "the object's longest side is 2",
        "precision": "float32",
        "tolerance": tolerance,
        "versions": versions(PACKAGES),
    }


def _entry(served: Served, name: str, meaning: str) -> dict:
    shape = ["B" if size is None else size for size in served.shapes()[name]]
    dtype = "bool" if name == "faces_right" else "float32"
    return {"dtype": dtype, "shape": shape, "meaning": meaning}


def table(report: Mapping) -> list[str]:
    """Lines: bytes of each file, and its largest deviations from Keras in float32."""
    lines = [_line("deviation from Keras in float32", "bytes", (*_COLUMNS, "bits differ"))]
    for kind, entry in report["files"].items():
        lines.append(_line(kind, f"{entry['bytes']:,}", _largest(entry["deviation"])))
    folding, trained = report["batch_norm_folding"], report["trained_precision"]
    lines.append(_line("batch normalisation folded", "", _largest(folding["deviation"])))
    lines.append(_line(f"Keras, {trained['policy']}", "", _largest(trained["deviation"])))
    return lines


def _largest(deviation: Mapping) -> Sequence[str]:
    values = [f"{deviation[name]['max']:.1e}" for name in _COLUMNS]
    return (*values, f"{deviation['faces_right']['share']:.0%}")


def _line(name: str, size: str, values: Sequence[str]) -> str:
    return f"{name:<32}{size:>12}" + "".join(f"{value:>12}" for value in values)
