"""Backup and restore, best and last model: nothing is lost when a training is killed.

Every save goes to a temporary name that is renamed when it is complete. A backup is a folder
`backup/step-00000250/` with the weights, the optimiser and the step in `model.keras`, and the
noise seeds and the best value in `state.json`. The newest complete one is restored.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import keras
import numpy as np

from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.run_folder import RunFolder, write_json

# The figure whose lowest value makes `best.keras`, by what is trained.
MONITORED = {
    "both": "val_angular_error_deg",
    "keypoints": "val_angular_error_deg",
    "orient": "val_orientation",
    "descriptor": "val_descriptor",
}


class Checkpoints(keras.callbacks.Callback):
    """Saves after each epoch: `best.keras` when the validation improves, `last.keras`, a backup.

    Args:
      folder: the run's files.
      best: lowest value so far of the figure in `MONITORED`, infinity for a new run.
    """

    def __init__(self, folder: RunFolder, *, best: float = float("inf")):
        super().__init__()
        self.folder = folder
        self.best = best

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves; a value that is not finite is never the best."""
        value = float((logs or {}).get(MONITORED[self.model.train_config.train], np.nan))
        if value < self.best:
            self.best = value
            save_model(self.model, self.folder.best)
        save_model(self.model, self.folder.last)
        save_backup(self.model, self.folder.backup, best=self.best)


def save_model(model: keras.Model, path: pathlib.Path) -> None:
    """`model.save` under a temporary name, then renamed."""
    temporary = path.with_name(f"tmp-{os.getpid()}-{path.name}")
    model.save(temporary)
    os.replace(temporary, path)


def model_file(path: str | os.PathLike) -> pathlib.Path:
    """The `.keras` file that a path names: itself, or the best model of a run folder.

    Raises:
      ValueError: there is none.
    """
    given = pathlib.Path(path)
    file = RunFolder(given).best if given.is_dir() else given
    if not file.is_file():
        raise ValueError(
            f"{file}: no model is there; expected a run folder with best.keras, or a .keras file"
        )
    return file


def load_model(path: str | os.PathLike) -> PairModel:
    """The best model of a run folder, or that of a `.keras` file; not compiled.

    Raises:
      ValueError: no model of this package is there.
    """
    file = model_file(path)
    try:
        model = keras.saving.load_model(file, compile=False)
    except Exception as error:  # Keras passes on whatever unpacking meets.
        raise ValueError(
            f"{file}: the model cannot be read ({error}); expected a saved PairModel"
        ) from error
    if not isinstance(model, PairModel):
        raise ValueError(f"{file} holds a {type(model).__name__}; expected a PairModel")
    return model


def save_backup(model: PairModel, folder: pathlib.Path, *, best: float) -> None:
    """Writes a backup of the model's present step and removes the older ones."""
    step = model.steps_done
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step-{step:08d}"
    temporary = folder / f"tmp-{os.getpid()}-{target.name}"
    # A save that was killed leaves its folder, and in a container the process number comes again.
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    model.save(temporary / "model.keras")
    seeds = np.asarray(keras.ops.convert_to_numpy(model.noise_seeds.state))
    state = {"step": step, "best": best, "noise_seeds": [int(s) for s in seeds]}
    write_json(temporary / "state.json", state)
    if target.exists():
        shutil.rmtree(target)
    os.replace(temporary, target)
    for other in [*folder.glob("step-*"), *folder.glob("tmp-*")]:
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def restore_backup(folder: pathlib.Path) -> tuple[PairModel, float] | None:
    """The model of the newest backup and the best value, or None when there is no backup.

    Raises:
      ValueError: the newest backup cannot be read.
    """
    complete = sorted(folder.glob("step-*")) if folder.exists() else []
    if not complete:
        return None
    newest = complete[-1]
    try:
        state = json.loads((newest / "state.json").read_text())
        model = keras.saving.load_model(newest / "model.keras")
    except Exception as error:  # Keras passes on whatever unpacking meets.
        raise ValueError(
            f"{newest}: the backup cannot be read ({error}); delete {folder} to begin the run again"
        ) from error
    model.noise_seeds.state.assign(np.array(state["noise_seeds"], "uint32"))
    return model, float(state["best"])
