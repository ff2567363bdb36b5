"""Runs side by side: each one's figures, and the differences to the first over shared objects.

A difference is paired: both runs are evaluated on the same resample of the objects that both have,
so what makes an object hard for both cancels, and the interval of the difference is usually much
narrower than the intervals of the two figures suggest.
Letters: R resamples, O objects, S shared objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.metrics.bootstrap import UNKNOWN, Interval, Resampling
from keypointnet_tf.metrics.estimates import Estimate
from keypointnet_tf.metrics.summary import Scores

PREDICTIONS_FILE = "predictions.npz"
RESULT_FOLDER = "eval"
VIEW_COLUMNS = ("relative_angle_deg", "elevation0_deg", "elevation1_deg")


@dataclasses.dataclass(frozen=True)
class Difference:
    """How a run's figure differs from the first run's, both over the shared objects.

    Attributes:
      first, other: the two figures.
      difference: `other - first`.
      interval: of the difference.
    """

    first: float
    other: float
    difference: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        low, high = self.interval
        return low > 0 or high < 0


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """One run in a comparison.

    Attributes:
      label: its name in the tables.
      path: where its predictions lie.
      scores: its own, over all of its objects.
      shared: how many objects it has in common with the first run.
      same_pairs: whether those objects' pairs are the same in both, by their cameras.
      differences: by the names of the figures; none for the first run.
    """

    label: str
    path: str
    scores: Scores
    shared: int
    same_pairs: bool
    differences: dict[str, Difference]

    def value(self, name: str) -> float:
        """The run's own figure, NaN where it has none."""
        return float(self.scores.summary.get(name, float("nan")))

    def interval(self, name: str) -> Interval:
        """Of the run's own figure."""
        return self.scores.summary["intervals"].get(name, UNKNOWN)


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs, the first of which the others are compared with.

    Attributes:
      runs: at least one.
      resampling: of all intervals.
    """

    runs: tuple[Run, ...]
    resampling: Resampling

    @property
    def figures(self) -> list[str]:
        """Names of the figures that at least one run has."""
        names = dict.fromkeys(name for run in self.runs for name in run.scores.estimates)
        return [name for name in names if any(np.isfinite(run.value(name)) for run in self.runs)]


def compare(
    labels: Sequence[str], paths: Sequence[str], scores: Sequence[Scores], resampling: Resampling
) -> Comparison:
    """Compares scored runs.

    Args:
      labels, paths, scores: one of each for every run, the first run first.
      resampling: the one that the scores were made with.

    Raises:
      ValueError: there is no run.
    """
    if not scores:
        raise ValueError("got no runs; expected at least one to compare")
    runs = []
    for number, (label, path, own) in enumerate(zip(labels, paths, scores, strict=True)):
        shared = np.intersect1d(scores[0].objects, own.objects)
        found = differences(scores[0], own, shared, resampling) if number else {}
        same = _views(scores[0], shared) == _views(own, shared)
        runs.append(Run(label, path, own, len(shared), same, found))
    return Comparison(tuple(runs), resampling)


def differences(
    first: Scores, other: Scores, shared: np.ndarray, resampling: Resampling
) -> dict[str, Difference]:
    """The differences of all figures that both runs have; none without shared objects.

    Args:
      first, other: two runs.
      shared: `[S]` names of objects that both have.
      resampling: draws among these.
    """
    if not len(shared):
        return {}
    drawn = resampling.weights(len(shared))
    both = []
    for scores in (first, other):
        places = np.searchsorted(scores.objects, shared)
        both.append([_spread_out(w, places, len(scores.objects)) for w in (_once(shared), drawn)])
    found = {}
    for name, estimate in first.estimates.items():
        if name in other.estimates:
            found[name] = _difference(estimate, other.estimates[name], both, resampling)
    return {name: each for name, each in found.items() if np.isfinite(each.difference)}


def _views(scores: Scores, shared: np.ndarray) -> list[tuple]:
    """Objects and angles of the cameras of the shared objects' pairs, in file order."""
    table = scores.per_example
    rows = np.flatnonzero(np.isin(table["object_id"], shared))
    angles = [np.round(table[name][rows], 2).tolist() for name in VIEW_COLUMNS]
    return list(zip(table["object_id"][rows].tolist(), *angles, strict=True))


def _difference(
    first: Estimate, other: Estimate, weights: list[list[np.ndarray]], resampling: Resampling
) -> Difference:
    (once0, drawn0), (once1, drawn1) = weights
    value0, value1 = float(first(once0)[0]), float(other(once1)[0])
    ends = resampling.interval(other(drawn1) - first(drawn0))
    return Difference(value0, value1, value1 - value0, ends)


def _once(shared: np.ndarray) -> np.ndarray:
    return np.ones((1, len(shared)), np.int64)


def _spread_out(weights: np.ndarray, places: np.ndarray, objects: int) -> np.ndarray:
    """`[R, O]` weights of all of a run's objects from those `[R, S]` of the shared ones."""
    result = np.zeros((len(weights), objects), np.int64)
    result[:, places] = weights
    return result


def distinct_labels(paths: Sequence[str]) -> list[str]:
    """Short names for paths: their last parts, as many as tell them apart.

    What all have in common at the end is left out: `runs/a/eval/predictions.npz` and
    `runs/b/eval/predictions.npz` become `a` and `b`. A path that is given again gets a number.
    """
    parts = [_without_file(path) for path in paths]
    different = {tuple(p) for p in parts}
    while len(different) > 1 and len({p[-1] for p in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [p[:-1] for p in parts]
    count = 1
    while len({tuple(p[-count:]) for p in parts}) < len({tuple(p) for p in parts}):
        count += 1
    labels: list[str] = []
    for part in parts:
        label = "/".join(part[-count:])
        again = sum(known == label or known.startswith(f"{label} (") for known in labels)
        labels.append(f"{label} ({again + 1})" if again else label)
    return labels


def _without_file(path: str) -> list[str]:
    """Parts of a path without a last `predictions.npz` and a last `eval`, at least one."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    for usual in (PREDICTIONS_FILE, RESULT_FOLDER):
        if len(parts) > 1 and parts[-1] == usual:
            parts = parts[:-1]
    return parts or [path]
