"""The files of one training run, and the rule that a run is never overwritten by another.

`config.json` (config, data, versions), `log.csv`, `tensorboard/`, `backup/`, `best.keras`,
`last.keras`.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import pathlib
import shutil
import subprocess
from collections.abc import Sequence

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.discovery.config import TrainConfig, from_json, to_json

PACKAGES = ("keras", "tensorflow", "jax", "numpy", "keypointnet-tf")


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Paths of a run, and its configuration's guard.

    Attributes:
      path: the folder; made by `claim`.
    """

    path: pathlib.Path

    @property
    def config(self) -> pathlib.Path:
        return self.path / "config.json"

    @property
    def log(self) -> pathlib.Path:
        return self.path / "log.csv"

    @property
    def tensorboard(self) -> pathlib.Path:
        return self.path / "tensorboard"

    @property
    def backup(self) -> pathlib.Path:
        return self.path / "backup"

    @property
    def best(self) -> pathlib.Path:
        return self.path / "best.keras"

    @property
    def last(self) -> pathlib.Path:
        return self.path / "last.keras"

    def started(self) -> bool:
        """Whether a run has saved anything; a folder with a configuration alone may be reused."""
        return self.config.exists() and (self.log.exists() or self.backup.exists())

    def claim(self, config: TrainConfig, data: dict, notes: dict | None = None) -> None:
        """Makes the folder for this configuration, or checks that it was made for it.

        Args:
          config: the training configuration.
          data: what the run is trained on, plain JSON values.
          notes: kept beside them and not compared, such as where the data lay.

        Raises:
          ValueError: the folder holds a run with another configuration or other data; the message
            names each field that differs.
        """
        wanted = json.loads(json.dumps({"config": to_json(config), "data": data}))
        if not self.started():
            self.path.mkdir(parents=True, exist_ok=True)
            made_by = {"git_commit": git_commit(), "versions": versions(), "notes": notes or {}}
            write_json(self.config, {**wanted, **made_by})
            return
        found = json.loads(self.config.read_text())
        found["config"] = completed(found.get("config"))
        differences = list(_differences({k: found.get(k) for k in wanted}, wanted))
        if differences:
            raise ValueError(f"{self.path} {_refusal(differences)}")


def completed(config: dict) -> dict:
    """A configuration's JSON with the defaults of fields that are newer than it.

    What cannot be read stays as it is, and is then found to differ.
    """
    try:
        return json.loads(json.dumps(to_json(from_json(TrainConfig, config))))
    except (TypeError, ValueError):
        return config


def write_json(path: pathlib.Path, data: dict) -> None:
    """Writes JSON under a temporary name and renames it."""
    write_atomic(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())


def versions(more: Sequence[str] = ()) -> dict[str, str]:
    """Installed versions of what decides a run's numbers, and of `more` packages."""
    found = {}
    for package in (*PACKAGES, *more):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """The source tree's commit, or None outside a checkout."""
    if shutil.which("git") is None:
        return None
    folder = pathlib.Path(__file__).resolve().parent
    answer = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True
    )
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def _differences(found, wanted, prefix: str = ""):
    """`(field, value of the run, value asked for)` of each field that differs."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted(set(found) | set(wanted)):
            yield from _differences(found.get(key), wanted.get(key), f"{prefix}{key}.")
    elif found != wanted:
        yield prefix[:-1], found, wanted


def _refusal(differences: list[tuple]) -> str:
    if [name for name, _, _ in differences] == ["config.steps"]:
        _, found, wanted = differences[0]
        return (
            f"holds a run of config.steps {found}; got {wanted}. Its learning rate and schedules "
            "are laid out over those steps and end with them, so the number cannot be changed: "
            "start a new run in another --model_dir."
        )
    named = [f"{name} is {wanted!r}, the run's is {found!r}" for name, found, wanted in differences]
    return (
        f"holds a run with another configuration: {'; '.join(named)}. "
        "Give another --model_dir, or the run's own flags."
    )
