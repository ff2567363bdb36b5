"""Everything that changes during training, as pure functions of the step.

A `Schedule` is a piecewise linear curve over *progress*, the share of the training's steps that
are done; the recipe thus keeps its shape when the number of steps changes.
"""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Linear interpolation between knots, constant outside them.

    Attributes:
      knots: `((progress, value), ...)` with rising progress in [0, 1].
    """

    knots: tuple[tuple[float, float], ...]

    def __post_init__(self):
        progress = [p for p, _ in self.knots]
        if not progress or progress != sorted(progress) or min(progress) < 0 or max(progress) > 1:
            raise ValueError(
                f"schedule knots are {self.knots}; expected rising progress values in [0, 1]"
            )

    def __call__(self, progress):
        """Value at `progress` (a scalar tensor or float), as a float32 scalar tensor."""
        from keras import ops  # here, so that flags and configs start without Keras

        progress = ops.convert_to_tensor(progress, "float32")
        value = ops.convert_to_tensor(self.knots[0][1], "float32")
        for (start, low), (end, high) in zip(self.knots, self.knots[1:], strict=False):
            share = ops.clip((progress - start) / max(end - start, 1e-9), 0.0, 1.0)
            value = value + (high - low) * share
        return value

    def at(self, progress: float) -> float:
        """Value at `progress` in plain Python, for logs and pictures."""
        places, values = zip(*self.knots, strict=True)
        return float(np.interp(progress, places, values))

    @property
    def highest(self) -> float:
        """The largest value at any time."""
        return max(value for _, value in self.knots)

    def __str__(self) -> str:
        return ",".join(f"{_shortest(p)}:{_shortest(v)}" for p, v in self.knots)


def _shortest(value: float) -> str:
    """Six digits where they are exact, all digits else."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def constant(value: float) -> Schedule:
    """The same value at all times."""
    return Schedule(((0.0, value),))


def ramp(first: float, last: float, begin: float, end: float) -> Schedule:
    """`first` up to progress `begin`, `last` from progress `end`, a straight line between."""
    return Schedule(((begin, first), (end, last)))


def parse(text: str) -> Schedule:
    """Reads `"0.5"` or `"0:0.1,0.3:1"` (progress:value pairs), the inverse of `str`.

    Raises:
      ValueError: the text has another form.
    """
    try:
        if ":" not in text:
            return constant(float(text))
        pairs = (item.split(":") for item in text.split(","))
        return Schedule(tuple((float(p), float(v)) for p, v in pairs))
    except ValueError as error:
        raise ValueError(
            f"schedule is {text!r}; expected a number or progress:value pairs such as "
            f"'0:0.1,0.3:1' ({error})"
        ) from error
