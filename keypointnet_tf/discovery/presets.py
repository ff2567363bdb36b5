"""Trained models by name: those in the package, files and run folders, and the Hugging Face hub.

The package's models lie in `keypointnet_tf/weights/`: `NAME.keras`, its model card `NAME.md`, and
`NAME.json` with the checksum, the recipe, what was measured, and each keypoint's nearest landmark.
`examples/make_preset.py` makes them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib

from keypointnet_tf.discovery.checkpoints import load_model, model_file
from keypointnet_tf.discovery.pair_model import PairModel

WEIGHTS = pathlib.Path(__file__).resolve().parents[1] / "weights"
HUB = "hf://"
HUB_FILE = "model.keras"


@dataclasses.dataclass(frozen=True)
class Preset:
    """A model of the package, as its JSON tells.

    Attributes:
      name: by which it is loaded.
      category: of its objects.
      sha256: of the `.keras` file.
      recipe: how it was trained.
      figures: named figures on objects that it was not trained on.
      hints: for each keypoint the nearest named landmark, a hint at its meaning; no label was
        trained on.
    """

    name: str
    category: str
    sha256: str
    recipe: str
    figures: dict[str, float]
    hints: tuple[str, ...]

    @property
    def file(self) -> pathlib.Path:
        """The model."""
        return WEIGHTS / f"{self.name}.keras"

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return (WEIGHTS / f"{self.name}.md").read_text(encoding="utf-8")


def preset_names() -> tuple[str, ...]:
    """The names of the package's models."""
    return tuple(sorted(path.stem for path in WEIGHTS.glob("*.json")))


def preset(name: str) -> Preset:
    """What the package tells of one of its models.

    Raises:
      ValueError: it has no model of that name.
    """
    path = WEIGHTS / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"preset is {name!r}; expected one of {', '.join(preset_names())}")
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Preset(**{**fields, "hints": tuple(fields["hints"])})


def is_preset(source: str | os.PathLike) -> bool:
    """Whether a source is the name of a model of the package, and no file of that name is there."""
    return str(source) in preset_names() and not os.path.exists(source)


def source_name(source: str | os.PathLike) -> str:
    """What a source is called in results: the preset's name, the address, or the file.

    Raises:
      ValueError: no model is there.
    """
    if is_preset(source) or str(source).startswith(HUB):
        return str(source)
    return str(model_file(source))


def load_preset(source: str | os.PathLike) -> PairModel:
    """A trained model.

    Args:
      source: a name of `preset_names()`, a run folder, a `.keras` file, or `hf://USER/REPOSITORY`
        (its `model.keras`) or `hf://USER/REPOSITORY/FILE` on the Hugging Face hub.

    Raises:
      ValueError: there is no such model, its file is damaged, or a library for it is missing.
    """
    if str(source).startswith(HUB):
        return load_model(_from_hub(str(source)))
    if is_preset(source):
        return _from_package(preset(str(source)))
    if not os.path.exists(source):
        raise ValueError(
            f"{source} is no file and no preset; expected a run folder, a .keras file, "
            f"{HUB}USER/REPOSITORY, or one of {', '.join(preset_names())}"
        )
    return load_model(model_file(source))


def _from_package(chosen: Preset) -> PairModel:
    digest = hashlib.sha256(chosen.file.read_bytes()).hexdigest()
    if digest != chosen.sha256:
        raise ValueError(
            f"{chosen.file}: SHA-256 is {digest[:12]}..., expected {chosen.sha256[:12]}...: the "
            "file is damaged; install the package again"
        )
    return load_model(chosen.file)


def _from_hub(source: str) -> pathlib.Path:
    """Downloads a file of the hub, or finds it in the hub's own cache."""
    parts = source.removeprefix(HUB).split("/", 2)
    if len(parts) < 2 or not all(parts):
        raise ValueError(f"{source}: expected {HUB}USER/REPOSITORY or {HUB}USER/REPOSITORY/FILE")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise ValueError(f"{source} needs huggingface_hub: pip install huggingface_hub") from error
    file = parts[2] if len(parts) == 3 else HUB_FILE
    try:
        return pathlib.Path(hf_hub_download(f"{parts[0]}/{parts[1]}", file))
    except Exception as error:  # The hub's client raises errors of its own and of its transports.
        raise ValueError(f"{source}: {file} cannot be had ({error})") from error
