"""The training configuration: frozen dataclasses whose fields are the flags' defaults.

The defaults are the *template warm start* at the published network size. `flags/presets/` holds
the experiments. JSON round trip: `to_json`, `from_json`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from keypointnet_tf.data.domain_randomization import DomainRandomization
from keypointnet_tf.discovery.schedules import Schedule, constant, parse, ramp

DILATIONS = (1, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16, 1)
TRAIN_PARTS = ("both", "keypoints", "orient", "descriptor")
ORIENT_BITS = ("draw", "round")
# At prediction: "orientation" averages the left/right decision, "full" the keypoints as well.
AVERAGINGS = ("none", "orientation", "full")
# Weight of photos' statistics in batch normalisation (docs/photos.md): all of it costs accuracy
# where the model is at home, this much does not.
ADAPTATION_ALPHA = 0.25
# Every loss by name: a field of `LossConfig` that holds its weight, a curve of its own.
DISCOVERY_LOSSES = (
    "consistency",
    "pose",
    "separation",
    "silhouette",
    "variance",
    "orientation",
    "template",
)
WEIGHTED_LOSSES = (*DISCOVERY_LOSSES, "landmarks", "descriptor")
_LEFT_OUT = "left_out_at_default"


def _optional(default: Any) -> Any:
    """A field of an optional part: at its default it is left out of the JSON form.

    So the files of a model without the part are what they were before it existed.
    """
    return dataclasses.field(default=default, metadata={_LEFT_OUT: True})


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Both networks.

    Attributes:
      size: image side in pixels; images of another size are resized.
      num_keypoints: how many keypoints, K.
      filters: channels of KeypointNet's layers.
      orient_filters: channels of OrientNet's layers.
      dilations: dilation of each layer of either network.
      output_stride: 1 as published; 2 or 4 shrink KeypointNet's feature maps for speed.
      orient_output_stride: the same for OrientNet.
      batch_norm_momentum: of the moving averages.
      descriptor: numbers in each keypoint's descriptor, D; 0 for none.
    """

    size: int = 128
    num_keypoints: int = 10
    filters: int = 64
    orient_filters: int = 32
    dilations: tuple[int, ...] = DILATIONS
    output_stride: int = 1
    orient_output_stride: int = 1
    batch_norm_momentum: float = 0.99
    descriptor: int = _optional(0)


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Loss weights and everything annealed; each `Schedule` runs over training progress.

    Attributes:
      consistency: weight of multi-view consistency.
      pose: weight of the relative pose loss.
      separation: weight of separation, which is averaged over the two views.
      silhouette: weight of the silhouette loss.
      variance: weight of the heatmap variance.
      orientation: weight of OrientNet's loss.
      template: weight of the warm start's template loss; 0 switches it off.
      landmarks: weight of the supervised baseline's loss, which pulls keypoint k to the true
        landmark k; 0, as always in discovery, leaves landmarks unread.
      descriptor: weight of the descriptors' contrastive loss, where the model has descriptors.
      descriptor_temperature: by which the similarities in that loss are divided.
      separation_delta: squared distance below which keypoints repel each other.
      pose_noise: standard deviation of the noise added to keypoints before the pose loss.
      true_orientation: share of the left/right bits given to KeypointNet that are the true ones.
      orientation_bit: "draw" picks the true bit per example with that probability; "round" rounds
        `true * share + predicted * (1 - share)` as published.
      orientation_noise: standard deviation (NDC) of the noise that training adds to
        `u(+x) - u(-x)` before it takes the left/right bit, so that KeypointNet does not rely on the
        bit of views from the front and the back, where it is uncertain.
      template_radii: semi-axes of the ellipsoid over which the template starts.
    """

    consistency: Schedule = constant(1.0)
    pose: Schedule = ramp(0.5, 1.5, 0.3, 0.6)
    separation: Schedule = constant(2.0)
    silhouette: Schedule = ramp(0.1, 1.0, 0.0, 0.3)
    variance: Schedule = ramp(0.1, 0.5, 0.0, 0.3)
    orientation: Schedule = constant(1.0)
    template: Schedule = ramp(5.0, 0.0, 0.0, 0.3)
    landmarks: Schedule = constant(0.0)
    descriptor: Schedule = _optional(constant(1.0))
    descriptor_temperature: float = _optional(0.1)
    separation_delta: float = 0.06
    pose_noise: Schedule = constant(0.05)
    true_orientation: Schedule = ramp(1.0, 0.0, 0.15, 0.3)
    orientation_bit: str = "draw"
    orientation_noise: Schedule = constant(0.0)
    template_radii: tuple[float, float, float] = (0.6, 0.6, 0.25)

    @property
    def supervised(self) -> bool:
        """Whether true landmarks are learnt from, at any time."""
        return self.landmarks.highest > 0

    def __post_init__(self):
        if len(self.template_radii) != 3 or min(self.template_radii) <= 0:
            raise ValueError(f"template_radii is {self.template_radii}; expected three above 0")
        if not self.descriptor_temperature > 0:
            raise ValueError(
                f"descriptor_temperature is {self.descriptor_temperature}; expected above 0"
            )
        if self.separation_delta < 0:
            raise ValueError(f"separation_delta is {self.separation_delta}; expected at least 0")
        for name in ("pose_noise", "true_orientation", "orientation_noise"):
            if min(value for _, value in getattr(self, name).knots) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 0")


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """Adam.

    Attributes:
      learning_rate: at its highest.
      final_learning_rate: at the end of the cosine decay; equal to `learning_rate`: no decay.
      warmup: share of the steps over which the rate rises from 0.
      clip_norm: global gradient norm.
    """

    learning_rate: float = 1e-3
    final_learning_rate: float = 3e-5
    warmup: float = 0.01
    clip_norm: float = 5.0

    def __post_init__(self):
        for name in ("learning_rate", "final_learning_rate", "clip_norm"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected above 0")
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is {self.warmup}; expected a share of the steps in [0, 1)")


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
      model, loss, optimizer, randomization: see there.
      steps: optimiser steps in all.
      batch_size: view pairs per step, on all devices together.
      accumulate: parts in which a step's pairs are run one after the other, with their gradients
        averaged, so that a large batch takes the memory of a part; batch normalisation sees the
        parts by themselves.
      steps_per_epoch: steps between validations and saves.
      validation_pairs: size of the fixed validation set.
      max_angle: largest angle in degrees between the views of a pair that is rendered on the fly.
      zoom_jitter: training views are magnified by a factor uniform in `1 -+` this about the
        image centre, the focal length with them.
      mirror: share of the training pairs that are mirrored left to right, poses with them; for
        categories that hold the mirror image of every object. Not for supervised training.
      precision: "float32", "mixed_bfloat16", or "auto" (bfloat16 where the processor has it).
      remat: whether feature maps are computed again for the gradients instead of being kept: less
        memory for one more forward pass.
      train: what learns: "both" networks, "keypoints" (OrientNet frozen), "orient", or "descriptor"
        (the descriptor head alone, on a finished run's networks).
      seed: of initial weights, noise and the order of the data.
    """

    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    randomization: DomainRandomization = DomainRandomization()
    steps: int = 100_000
    batch_size: int = 16
    accumulate: int = 1
    steps_per_epoch: int = 250
    validation_pairs: int = 128
    max_angle: Schedule = constant(180.0)
    zoom_jitter: float = 0.05
    mirror: float = 0.0
    precision: str = "auto"
    remat: bool = False
    train: str = "both"
    seed: int = 0

    def __post_init__(self):
        _expect_choice("train", self.train, TRAIN_PARTS)
        _expect_choice("precision", self.precision, ("auto", "float32", "mixed_bfloat16"))
        _expect_choice("orientation_bit", self.loss.orientation_bit, ORIENT_BITS)
        for name in ("steps", "batch_size", "accumulate", "steps_per_epoch", "validation_pairs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        if self.train == "descriptor" and not self.model.descriptor:
            raise ValueError(
                "train is 'descriptor' and the model's descriptor is 0; expected how many numbers "
                "a descriptor is to have"
            )
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"accumulate is {self.accumulate}; expected a divisor of batch_size "
                f"{self.batch_size}"
            )
        if not 0 <= self.zoom_jitter < 1:
            raise ValueError(f"zoom_jitter is {self.zoom_jitter}; expected in [0, 1)")
        if not 0 <= self.mirror <= 1:
            raise ValueError(f"mirror is {self.mirror}; expected a share of the pairs in [0, 1]")
        if self.mirror and self.loss.supervised:
            raise ValueError(
                f"mirror is {self.mirror} with a weight for landmarks, whose left and right would "
                "trade places; expected 0"
            )
        angles = [angle for _, angle in self.max_angle.knots]
        if min(angles) < 1 or max(angles) > 180:
            raise ValueError(f"max_angle is {self.max_angle}; expected degrees in [1, 180]")

    @property
    def pairs_at_once(self) -> int:
        """View pairs that go through the networks together."""
        return self.batch_size // self.accumulate


def _expect_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(choices)}")


def to_json(config: Any) -> dict:
    """Nested plain dictionary of a configuration; schedules become their text form.

    Fields of optional parts are left out at their defaults.
    """
    result = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.metadata.get(_LEFT_OUT) and value == field.default:
            continue
        if isinstance(value, Schedule):
            value = str(value)
        elif dataclasses.is_dataclass(value):
            value = to_json(value)
        elif isinstance(value, tuple):
            value = list(value)
        result[field.name] = value
    return result


def from_json(kind: type, data: dict) -> Any:
    """The configuration of class `kind` from `to_json`'s form.

    Raises:
      ValueError: a field is unknown or has a value that cannot be.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {unknown}; it has {sorted(fields)}")
    values = {}
    for name, value in data.items():
        default = fields[name].default
        if isinstance(default, Schedule):
            value = parse(str(value))
        elif dataclasses.is_dataclass(default):
            value = from_json(type(default), value)
        elif isinstance(default, tuple):
            value = tuple(value)
        elif not isinstance(value, _numbers(type(default))) or (
            isinstance(value, bool) != isinstance(default, bool)
        ):
            raise ValueError(
                f"{kind.__name__}.{name} is {value!r}; expected {type(default).__name__}"
            )
        values[name] = value
    return kind(**values)


def _numbers(kind: type) -> tuple[type, ...]:
    return (int, float) if kind is float else (kind,)
