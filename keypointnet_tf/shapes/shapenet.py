"""ShapeNetCore folders, version 1 or 2, as the user has downloaded them.

Version 2 has `<synset>/<model>/models/model_normalized.obj`, version 1
`<synset>/<model>/model.obj`; each model is turned from its version's frame (`frames.py`) into ours.
"""

from __future__ import annotations

import os
import pathlib
import re

from keypointnet_tf.shapes.frames import KNOWN_FRAMES, Frame
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.mesh_file import load_mesh

# The classes that have published renderings or human keypoints; others go by their synset.
SYNSETS = {
    "plane": "02691156",
    "bathtub": "02808440",
    "bed": "02818832",
    "bottle": "02876657",
    "cap": "02954340",
    "car": "02958343",
    "chair": "03001627",
    "guitar": "03467517",
    "helmet": "03513137",
    "knife": "03624134",
    "laptop": "03642806",
    "motorcycle": "03790512",
    "mug": "03797390",
    "skateboard": "04225987",
    "table": "04379243",
    "vessel": "04530566",
}
LAYOUTS = {
    "shapenet_v2": pathlib.PurePath("models", "model_normalized.obj"),
    "shapenet_v1": pathlib.PurePath("model.obj"),
}
_SYNSET = re.compile(r"\d{8}")


class ShapeNetFolder:
    """The models of one class.

    Args:
      root: the folder of all classes, of one class, or of one model.
      category: a name in `SYNSETS` or an eight-digit synset. It may be left out where `root` is or
        holds a single class.
      frame: the files' frame where it is not that of their version.

    Attributes:
      synset: the class, such as "03001627".
      model_ids: the names of the models, sorted.

    Raises:
      ValueError: `root` is missing, or the class is unknown, ambiguous or without models.
    """

    def __init__(
        self, root: str | os.PathLike, category: str | None = None, *, frame: Frame | None = None
    ) -> None:
        root = pathlib.Path(root).absolute()
        if not root.is_dir():
            raise ValueError(f"{root}: no such folder; expected a ShapeNet folder")
        self._frame = frame
        models = [root] if _layout(root) else None
        folder = root.parent if models else _class_folder(root, category)
        self.synset = folder.name
        if category is not None and synset_of(category) != self.synset:
            raise ValueError(f"{root}: class is {self.synset}; expected {category!r}")
        found = models or [path for path in folder.iterdir() if _layout(path)]
        self._models = {path.name: path for path in sorted(found)}
        self.model_ids = tuple(self._models)
        if not self.model_ids:
            layouts = " or ".join(f"<model>/{layout.as_posix()}" for layout in LAYOUTS.values())
            raise ValueError(f"{folder}: no models; expected {layouts}")

    def __len__(self) -> int:
        return len(self.model_ids)

    def path(self, model_id: str) -> pathlib.Path:
        """The OBJ file of a model.

        Raises:
          ValueError: there is no such model.
        """
        if model_id not in self._models:
            raise ValueError(
                f"model is {model_id!r}; expected one of the {len(self)} of class {self.synset}"
            )
        folder = self._models[model_id]
        return folder / LAYOUTS[_layout(folder)]

    def load(self, model_id: str) -> Mesh:
        """The model in our frame, normalised; `object_id` is `<synset>-<model_id>`.

        Raises:
          ValueError: there is no such model, or its file cannot be read.
        """
        path = self.path(model_id)
        frame = self._frame or KNOWN_FRAMES[_layout(self._models[model_id])]
        object_id = f"{self.synset}-{model_id}"
        return load_mesh(path, up=frame.up, front=frame.front, object_id=object_id)


def synset_of(category: str) -> str:
    """The eight-digit synset of a class name, or of a synset.

    Raises:
      ValueError: neither a name in `SYNSETS` nor eight digits.
    """
    if category in SYNSETS:
        return SYNSETS[category]
    if not _SYNSET.fullmatch(category):
        raise ValueError(
            f"category is {category!r}; expected an eight-digit synset or one of "
            f"{', '.join(SYNSETS)}"
        )
    return category


def _layout(folder: pathlib.Path) -> str | None:
    """The version that a model's folder has the layout of, None for any other folder."""
    return next((name for name, file in LAYOUTS.items() if (folder / file).is_file()), None)


def _class_folder(root: pathlib.Path, category: str | None) -> pathlib.Path:
    if _SYNSET.fullmatch(root.name):
        return root
    classes = sorted(path.name for path in root.iterdir() if _SYNSET.fullmatch(path.name))
    synset = classes[0] if category is None and len(classes) == 1 else category
    if synset is None or (synset := synset_of(synset)) not in classes:
        raise ValueError(
            f"{root}: class is {category!r}; expected one of the folders there, "
            f"{', '.join(classes) or 'of which none is a synset'}"
        )
    return root / synset
