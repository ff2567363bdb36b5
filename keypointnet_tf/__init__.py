"""Unsupervised 3D keypoints of object categories, from rendered view pairs (Keras 3).

The models are imported on first use, so that rendering and scoring start without Keras.
"""

__version__ = "0.1.0"

_LAZY = {
    "KeypointNet": "keypointnet_tf.discovery.keypoint_net",
    "OrientNet": "keypointnet_tf.discovery.orient_net",
    "match_keypoints": "keypointnet_tf.discovery.photo_matching",
    "PairModel": "keypointnet_tf.discovery.pair_model",
    "Predictor": "keypointnet_tf.discovery.predictor",
    "preset": "keypointnet_tf.discovery.presets",
    "preset_names": "keypointnet_tf.discovery.presets",
    "relative_rotation": "keypointnet_tf.discovery.photo_pose",
}

__all__ = ["__version__", *_LAZY]


def __getattr__(name: str):
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
