"""What a report is made of: plain arrays and dictionaries, whoever computed them.

Letters: N test pairs, K keypoints, L landmarks, S picture size. Axis 1 is view0, view1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np


class ScoredPairs(Protocol):
    """What a report needs of the pairs; fields as in `metrics.predictions.Predictions`.

    Attributes:
      uv: `[N, 2, K, 2]` keypoints in NDC.
      xyz_object: `[N, 2, K, 3]` keypoints in the object frame.
      on_object: `[N, 2, K]` bool, or None.
      object_to_camera: `[N, 2, 4, 4]` true poses.
      focal: `[N, 2]` in NDC units.
      object_id: `[N]` names.
      confidence: `[N, 2, K]`, or None.
      landmarks: `[N, L, 3]` in the object frame, NaN where absent, or None.
      landmark_names: `[L]`, or None.
      images: `[N, 2, S, S, 4]` uint8, straight alpha, or None.
      kind: `[N]` named type within the category, or None.
    """

    uv: np.ndarray
    xyz_object: np.ndarray
    on_object: np.ndarray | None
    object_to_camera: np.ndarray
    focal: np.ndarray
    object_id: np.ndarray
    confidence: np.ndarray | None
    landmarks: np.ndarray | None
    landmark_names: np.ndarray | None
    images: np.ndarray | None
    kind: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class MadeBy:
    """What made the predictions; every part may be empty and is then left out.

    Attributes:
      command: the command line that exported them.
      date: of the export, as it shall be shown. The report itself never asks the clock.
      run: the run folder's `config.json`: `config`, `data`, `git_commit`, `versions`, `notes`.
      log: columns of the run's `log.csv`, equally long, `step` among them; NaN where empty.
    """

    command: str = ""
    date: str = ""
    run: Mapping[str, object] = dataclasses.field(default_factory=dict)
    log: Mapping[str, Sequence[float]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, eq=False)
class ReportData:
    """All that a report shows.

    Attributes:
      pairs: the scored pairs.
      per_example: columns of N values, as in `per_example.csv`.
      summary: named figures, as in `summary.json`.
      conditions: columns of equal length, as in `conditions.csv`; {} without.
      made_by: what made the predictions.
    """

    pairs: ScoredPairs
    per_example: Mapping[str, np.ndarray]
    summary: Mapping[str, Any]
    conditions: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    made_by: MadeBy = MadeBy()

    @property
    def errors(self) -> np.ndarray:
        """`[N]` angular errors in degrees."""
        return self.per_example["angular_error_deg"]
