"""The optimiser and its learning-rate schedule."""

from __future__ import annotations

import keras
from keras import ops
from keras.optimizers import schedules

from keypointnet_tf.discovery.config import OptimizerConfig
from keypointnet_tf.discovery.distribution import sum_over_replicas, summed_replicas


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class EveryFew(schedules.LearningRateSchedule):
    """A schedule over optimiser steps for an optimiser that is called several times per step.

    With gradient accumulation Keras counts calls, not steps, for the schedule.

    Args:
      schedule: learning rate of a step.
      calls: calls per step.
    """

    def __init__(self, schedule: schedules.LearningRateSchedule, calls: int):
        super().__init__()
        self.schedule, self.calls = schedule, calls

    def __call__(self, step):
        return self.schedule(ops.floor_divide(step, self.calls))

    def get_config(self):
        return {"schedule": schedules.serialize(self.schedule), "calls": self.calls}

    @classmethod
    def from_config(cls, config):
        return cls(schedules.deserialize(config["schedule"]), config["calls"])


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, which clips the norm of the gradient of all replicas together.

    On TensorFlow Keras clips what each replica has, before it sums them.
    """

    def apply(self, grads, trainable_variables=None):
        """Updates the variables; on one device as Keras does."""
        replicas = summed_replicas()
        if replicas > 1 and self.global_clipnorm:
            grads = sum_over_replicas(list(grads))
            norm = ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in grads))
            scale = ops.minimum(1.0, self.global_clipnorm / ops.maximum(norm, 1e-12))
            # Summed once more by Keras, and too short for it to clip.
            grads = [gradient * scale / replicas for gradient in grads]
        return super().apply(grads, trainable_variables)


def adam(config: OptimizerConfig, steps: int, *, accumulate: int = 1) -> Adam:
    """Adam with warm-up, cosine decay and a clipped global gradient norm.

    Args:
      config: rates and norm.
      steps: optimiser steps of the training.
      accumulate: gradients that are averaged, then clipped and applied, in one optimiser step.
    """
    rate = config.learning_rate
    warmup = round(config.warmup * steps)
    if warmup or config.final_learning_rate != rate:
        rate = schedules.CosineDecay(
            0.0 if warmup else rate,
            decay_steps=max(steps - warmup, 1),
            alpha=config.final_learning_rate / config.learning_rate,
            warmup_target=config.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
        rate = EveryFew(rate, accumulate) if accumulate > 1 else rate
    return Adam(
        rate,
        global_clipnorm=config.clip_norm,
        gradient_accumulation_steps=accumulate if accumulate > 1 else None,
    )
