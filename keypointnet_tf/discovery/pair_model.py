"""PairModel: the two networks, the losses and their schedules, trained by `model.fit`.

Data flows `call` (two views through the networks) -> `loss_terms` (every named loss, `[B]`) ->
`compute_loss` (weights, sum, one tracked curve per term). Letters: B pairs, K keypoints.
"""

from __future__ import annotations

import keras
from keras import ops

from keypointnet_tf.discovery import losses, views
from keypointnet_tf.discovery.config import (
    DISCOVERY_LOSSES,
    ModelConfig,
    TrainConfig,
    from_json,
    to_json,
)
from keypointnet_tf.discovery.descriptors import HEAD, contrastive_loss
from keypointnet_tf.discovery.distribution import summed_replicas
from keypointnet_tf.discovery.keypoint_net import KeypointNet
from keypointnet_tf.discovery.orient_net import OrientNet
from keypointnet_tf.discovery.precision import has_bfloat16
from keypointnet_tf.discovery.remat import Segments
from keypointnet_tf.discovery.template import fibonacci_ellipsoid
from keypointnet_tf.geometry import camera, procrustes, rotation
from keypointnet_tf.geometry.placement import NOMINAL_DISTANCE


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class PairModel(keras.Model):
    """Trains OrientNet and KeypointNet on view pairs.

    Inputs: a dictionary of float32 tensors, for views 0 and 1: `image0 [B, size, size, 3]` in
    [0, 1] over black, `mask0 [B, size, size, 1]`, `object_to_camera0 [B, 4, 4]`, `focal0 [B]`;
    for the supervised baseline also `landmarks [B, K, 3]`, object frame, NaN where absent.

    Args:
      config: the training configuration, as a `TrainConfig` or its JSON form.
      info: what prediction needs to know of the training data (mean share of the frame that
        objects fill, nominal distance and focal length, category, ...); saved with the model.
    """

    def __init__(self, config: TrainConfig | dict, *, info: dict | None = None, **kwargs):
        # float32: poses and focal lengths must not be rounded to the networks' precision.
        super().__init__(dtype="float32", **kwargs)
        if isinstance(config, dict):
            config = from_json(TrainConfig, config)
        self.train_config = config
        self.info = dict(info or {})
        self.orient_net, self.keypoint_net = build_networks(
            config.model,
            distance=self.info.get("distance", NOMINAL_DISTANCE),
            dtype=network_dtype(config.precision),
            seed=config.seed,
        )
        self.orient_net.trainable = config.train in ("both", "orient")
        self.keypoint_net.trainable = config.train != "orient"
        if config.train == "descriptor":
            for layer in self.keypoint_net.layers:
                layer.trainable = layer.name in HEAD
        networks = (self.orient_net, self.keypoint_net)
        self._segments = {network.name: Segments(network) for network in networks}
        self._add_state()
        self.built = True

    def _add_state(self) -> None:
        config = self.train_config
        start = fibonacci_ellipsoid(config.model.num_keypoints, config.loss.template_radii)
        self.template = self.add_weight(
            shape=start.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(start, dtype),
            trainable=config.train in ("both", "keypoints"),
            dtype="float32",
            name="template",
        )
        counter = {"shape": (), "initializer": "zeros", "trainable": False, "dtype": "int32"}
        counter["aggregation"] = "only_first_replica"
        self.step = self.add_weight(name="step", **counter)
        self.noise_seeds = keras.random.SeedGenerator(config.seed)
        if config.accumulate > 1:
            self.part = self.add_weight(name="part", **counter)
        metrics = ("angular_error_deg",) * (config.train != "orient") + ("orientation_accuracy",)
        names = (*self.active_losses, *metrics)
        self.term_trackers = {name: keras.metrics.Mean(name=name) for name in names}

    @property
    def active_losses(self) -> tuple[str, ...]:
        """The losses that the networks in training are responsible for."""
        part = self.train_config.train
        if part == "orient":
            return ("orientation",)
        if part == "descriptor":
            return ("descriptor",)
        has = self.train_config
        names = DISCOVERY_LOSSES + ("landmarks",) * has.loss.supervised
        names += ("descriptor",) * (has.model.descriptor > 0)
        return tuple(name for name in names if name != "orientation" or part == "both")

    @property
    def steps_done(self) -> int:
        """Optimiser steps that are done, as a number of Python, on any number of devices."""
        return int(ops.convert_to_numpy(self.step))

    @property
    def progress(self):
        """Share of the training's steps that are done, a float32 scalar in [0, 1]."""
        done = ops.cast(self.step, "float32") / self.train_config.steps
        return ops.minimum(done, 1.0)

    # === Forward pass ===

    def call(self, inputs: dict, training: bool = False) -> dict:
        """Both views through both networks.

        In training, a network whose outputs nothing needs is left out: KeypointNet where OrientNet
        alone is trained, and a frozen OrientNet while the true bits are given.

        Returns:
          A view batch: `uv [2B, K, 2]`, `depth [2B, K]`, `xyz_camera [2B, K, 3]`, `heatmap`,
          `orient_uv [2B, 2, 2]` (the truth, where OrientNet is left out), `descriptors [2B, K, D]`
          where the model has them, and `mask`, `object_to_camera`, `focal` as the losses need them.
        """
        batch = views.stack(inputs)
        if training and self.train_config.mirror:
            batch = self._mirrored(batch)
        if training and self.train_config.zoom_jitter:
            batch = self._zoomed(batch)
        orient_uv = self._axis_points(batch) if training else self.orient_net(batch["image"])
        if training and self.train_config.train == "orient":
            return {**batch, "orient_uv": orient_uv}
        bit = self._annealed_bit(orient_uv, batch) if training else losses.faces_right(orient_uv)
        points = self._run(
            self.keypoint_net,
            {"image": batch["image"], "faces_right": ops.stop_gradient(bit)},
            training=training,
        )
        xyz_camera = camera.unproject(points["uv"], points["depth"], batch["focal"])
        if self.train_config.loss.supervised and "landmarks" in inputs:
            batch["landmarks"] = ops.concatenate([inputs["landmarks"]] * 2)
        return {**batch, **points, "orient_uv": orient_uv, "xyz_camera": xyz_camera}

    def _run(self, network: keras.Model, inputs, *, training: bool):
        """A network's outputs; a frozen one is not in training, whatever the model is."""
        frozen = not network.trainable or self.train_config.train == "descriptor"
        training = training and not frozen
        if training and self.train_config.remat:
            return self._segments[network.name](inputs)
        return network(inputs, training=training)

    def _axis_points(self, batch: dict):
        """OrientNet's points in training, or the true ones while no bit is taken from it."""
        loss = self.train_config.loss

        def predicted():
            return self._run(self.orient_net, batch["image"], training=True)

        def truth():
            return losses.axis_points_uv(batch["object_to_camera"], batch["focal"])

        # The share of true bits from which on rounding gives no other.
        enough = 1.0 if loss.orientation_bit == "draw" else 0.5 + 1e-6
        if self.orient_net.trainable or loss.true_orientation.highest < enough:
            return predicted()
        return ops.cond(loss.true_orientation(self.progress) >= enough, truth, predicted)

    def _mirrored(self, batch: dict) -> dict:
        pairs = ops.shape(batch["focal"])[0] // 2
        drawn = keras.random.uniform((pairs,), seed=self.noise_seeds)
        mirrored = ops.cast(drawn < self.train_config.mirror, "float32")
        return views.mirror(batch, ops.concatenate([mirrored, mirrored]))

    def _zoomed(self, batch: dict) -> dict:
        jitter = self.train_config.zoom_jitter
        factor = keras.random.uniform(
            ops.shape(batch["focal"]), 1 - jitter, 1 + jitter, seed=self.noise_seeds
        )
        return views.zoom(batch, factor)

    def _annealed_bit(self, orient_uv, batch: dict):
        """The left/right bit that KeypointNet gets in training, from true to predicted."""
        true_uv = losses.axis_points_uv(batch["object_to_camera"], batch["focal"])
        noise = self._orientation_noise(ops.shape(orient_uv)[:1])
        truth, predicted = (losses.faces_right(uv, noise) for uv in (true_uv, orient_uv))
        share = self.train_config.loss.true_orientation(self.progress)
        if self.train_config.loss.orientation_bit == "round":
            return ops.round(truth * share + predicted * (1 - share))
        drawn = keras.random.uniform(ops.shape(truth), seed=self.noise_seeds)
        return ops.where(drawn < share, truth, predicted)

    def _orientation_noise(self, shape):
        schedule = self.train_config.loss.orientation_noise
        if not schedule.highest:
            return 0.0
        return schedule(self.progress) * keras.random.normal(shape, seed=self.noise_seeds)

    # === Losses ===

    def loss_terms(self, outputs: dict, *, training: bool) -> dict:
        """Every loss, unweighted, one value per pair: `{name: [B]}`.

        Where OrientNet or the descriptor head alone is trained, its loss alone.
        """
        if self.train_config.train == "descriptor":
            return {"descriptor": self._contrast(outputs)}
        both = views.split
        orientation = losses.orientation(
            outputs["orient_uv"], outputs["object_to_camera"], outputs["focal"]
        )
        if self.train_config.train == "orient":
            return {"orientation": sum(both(orientation))}
        xyz0, xyz1 = both(outputs["xyz_camera"])
        uv0, uv1 = both(outputs["uv"])
        pose0, pose1 = both(outputs["object_to_camera"])
        focal0, focal1 = both(outputs["focal"])
        pose_0to1 = camera.relative_pose(pose0, pose1)
        pose_1to0 = camera.relative_pose(pose1, pose0)
        delta = self.train_config.loss.separation_delta
        heatmap = outputs["heatmap"]
        mask = views.pool_mask(outputs["mask"], heatmap.shape[1])
        noisy0, noisy1 = self._noisy(xyz0, training), self._noisy(xyz1, training)
        per_view = {
            "separation": losses.separation(outputs["xyz_camera"], delta) / 2,
            "silhouette": losses.silhouette(heatmap, mask),
            "variance": losses.variance(heatmap),
            "orientation": orientation,
            "template": losses.template(
                outputs["xyz_camera"], self.template, outputs["object_to_camera"]
            )
            / 2,
        }
        if self.train_config.loss.supervised:
            per_view["landmarks"] = losses.landmarks(
                outputs["xyz_camera"], outputs["landmarks"], outputs["object_to_camera"]
            )
        contrast = {"descriptor": self._contrast(outputs)} if "descriptors" in outputs else {}
        return {
            **contrast,
            "consistency": losses.multi_view_consistency(xyz0, uv1, pose_0to1, focal1)
            + losses.multi_view_consistency(xyz1, uv0, pose_1to0, focal0),
            "pose": losses.relative_pose(noisy0, noisy1, pose_0to1[:, :3, :3]),
            **{name: sum(both(value)) for name, value in per_view.items()},
        }

    def _contrast(self, outputs: dict):
        temperature = self.train_config.loss.descriptor_temperature
        return contrastive_loss(outputs["descriptors"], temperature)

    def _noisy(self, xyz, training: bool):
        if not training:
            return xyz
        sigma = self.train_config.loss.pose_noise(self.progress)
        return xyz + sigma * keras.random.normal(ops.shape(xyz), seed=self.noise_seeds)

    def loss_weights_at(self, progress) -> dict:
        """The weight of every active loss at a training progress (a scalar tensor)."""
        return {
            name: getattr(self.train_config.loss, name)(progress) for name in self.active_losses
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Weighted sum of all losses, averaged over the batch; tracks every term by its name."""
        terms = self.loss_terms(y_pred, training=training)
        weights = self.loss_weights_at(self.progress)
        for name in self.active_losses:
            self.term_trackers[name].update_state(terms[name])
        self._track_accuracy(y_pred)
        if training:
            self._count()
        total = sum(weights[name] * ops.mean(terms[name]) for name in self.active_losses)
        return total / summed_replicas()

    def _count(self) -> None:
        """One optimiser step more, when all parts of its batch are done."""
        parts = self.train_config.accumulate
        if parts == 1:
            self.step.assign_add(1)
            return
        self.part.assign_add(1)
        self.step.assign(ops.floor_divide(self.part, parts))

    def _track_accuracy(self, outputs: dict) -> None:
        true_uv = losses.axis_points_uv(outputs["object_to_camera"], outputs["focal"])
        agrees = losses.faces_right(outputs["orient_uv"]) == losses.faces_right(true_uv)
        self.term_trackers["orientation_accuracy"].update_state(ops.cast(agrees, "float32"))
        if self.train_config.train == "orient":
            return
        pose0, pose1 = views.split(outputs["object_to_camera"])
        truth = camera.relative_pose(pose0, pose1)[:, :3, :3]
        xyz0, xyz1 = (ops.stop_gradient(xyz) for xyz in views.split(outputs["xyz_camera"]))
        angle = rotation.angle_between(procrustes.procrustes_rotation(xyz0, xyz1), truth)
        self.term_trackers["angular_error_deg"].update_state(angle * (180 / 3.14159265))

    # === Saving ===

    def get_config(self):
        return {"config": to_json(self.train_config), "info": dict(self.info), "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def network_dtype(precision: str) -> str | None:
    """The networks' dtype policy for `TrainConfig.precision`."""
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if has_bfloat16() else "float32"


def build_networks(
    config: ModelConfig, *, distance: float, dtype: str | None = None, seed: int = 0
) -> tuple[OrientNet, KeypointNet]:
    """Both networks of a configuration."""
    shared = {
        "dtype": dtype,
        "size": config.size,
        "dilations": config.dilations,
        "batch_norm_momentum": config.batch_norm_momentum,
    }
    return (
        OrientNet(
            filters=config.orient_filters,
            output_stride=config.orient_output_stride,
            seed=2 * seed,
            **shared,
        ),
        KeypointNet(
            filters=config.filters,
            output_stride=config.output_stride,
            seed=2 * seed + 1,
            num_keypoints=config.num_keypoints,
            distance=distance,
            descriptor=config.descriptor,
            **shared,
        ),
    )
