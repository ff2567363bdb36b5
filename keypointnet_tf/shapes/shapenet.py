"""ShapeNetCore folders, version 1 or 2, as the user has downloaded them.

Version 2 has `<synset>/<model>/models/model_normalized.obj`, version 1
`<synset>/<model>/model.obj`; each model is turned from its version's frame (`frames.py`) into ours.
"""

from __future__ import annotations

import logging
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from keypointnet_tf.shapes.frames import KNOWN_FRAMES, Frame
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.shapenet_classes import SYNSET, synset_of
from keypointnet_tf.shapes.shapenet_lists import ids_of_class, read_splits
from keypointnet_tf.shapes.sources import MeshSource

logger = logging.getLogger(__name__)

LAYOUTS = {
    "shapenet_v2": pathlib.PurePath("models", "model_normalized.obj"),
    "shapenet_v1": pathlib.PurePath("model.obj"),
}


class ShapeNetFolder:
    """The models of one class.

    Args:
      root: the folder of all classes, of one class, or of one model.
      category: a name of `shapenet_classes.py` or an eight-digit synset. It may be left out where
        `root` is or holds a single class.
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
        single = _layout(root)
        self._folder = root.parent if single else _class_folder(root, category)
        self.synset = self._folder.name
        if category is not None and synset_of(category) != self.synset:
            raise ValueError(f"{root}: class is {self.synset}; expected {category!r}")
        # Model id -> the layout that its folder has.
        self._models = {root.name: single} if single else _layouts(self._folder)
        self.model_ids = tuple(self._models)
        if not self.model_ids:
            layouts = " or ".join(f"<model>/{layout.as_posix()}" for layout in LAYOUTS.values())
            raise ValueError(f"{self._folder}: no models; expected {layouts}")

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
        return self._folder / model_id / LAYOUTS[self._models[model_id]]

    def source(
        self, model_id: str, *, up: str | None = None, front: str | None = None, split: str = ""
    ) -> MeshSource:
        """The model as a source with the id `<synset>-<model_id>`; its file is not opened.

        Args:
          model_id: one of `model_ids`.
          up, front: axes of the file, in place of the folder's frame or of that of its version.
          split: "train", "dev", "test" or "".

        Raises:
          ValueError: there is no such model, or the axes do not fit.
        """
        path = self.path(model_id)
        frame = self._frame or KNOWN_FRAMES[self._models[model_id]]
        return MeshSource(
            path=str(path),
            object_id=f"{self.synset}-{model_id}",
            up=up or frame.up,
            front=front or frame.front,
            split=split,
        )

    def load(self, model_id: str) -> Mesh:
        """The model in our frame, normalised; `object_id` is `<synset>-<model_id>`.

        Raises:
          ValueError: there is no such model, or its file cannot be read.
        """
        return self.source(model_id).load()


def shapenet_sources(
    root: str | os.PathLike,
    category: str | None,
    *,
    ids: Iterable[str] | None = None,
    splits: str | os.PathLike | None = None,
    up: str | None = None,
    front: str | None = None,
    overrides: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[MeshSource, ...]:
    """The models of a class as sources, sorted by id; no mesh file is opened.

    Args:
      root, category: as of `ShapeNetFolder`.
      ids: some of the models, as `<id>` or `<synset>-<id>`, of which those of other classes are
        left out; by default all.
      splits: published lists, see `shapenet_lists.read_splits`. Models that they lack become
        training data, which is logged. By default the splits are left to the job.
      up, front: axes of the files, in place of those of their version.
      overrides: object id -> the fields of its `MeshSource` that differ, see
        `sources.read_overrides`.

    Returns:
      sources with the object id `<synset>-<id>`.

    Raises:
      ValueError: as of `ShapeNetFolder`; an id has no model, or none is of the class; the lists
        make no sense; an override names no object; or the axes do not fit.
    """
    folder = ShapeNetFolder(root, category)
    chosen = folder.model_ids if ids is None else _known_ids(folder, ids)
    named = {} if splits is None else _named_splits(splits, folder.synset, chosen)
    left = dict(overrides or {})
    sources = []
    for name in chosen:
        exceptions = left.pop(f"{folder.synset}-{name}", {})
        fields = {"up": up, "front": front, "split": named.get(name, "")} | dict(exceptions)
        sources.append(folder.source(name, **fields))
    if left:
        raise ValueError(
            f"overrides name {sorted(left)[0]!r}; expected the id of an object, such as "
            f"{sources[0].object_id}"
        )
    return tuple(sources)


def _named_splits(splits: str | os.PathLike, synset: str, chosen: Sequence[str]) -> dict[str, str]:
    """The split of each chosen model, training data where the lists lack it."""
    listed = read_splits(splits, synset)
    missing = [name for name in chosen if name not in listed]
    if missing:
        logger.info(
            "%s: lacks %d of the %d models of class %s, such as %s; they are training data",
            splits,
            len(missing),
            len(chosen),
            synset,
            missing[0],
        )
    return {name: listed.get(name, "train") for name in chosen}


def _known_ids(folder: ShapeNetFolder, ids: Iterable[str]) -> list[str]:
    """The ids of the folder's class, sorted.

    Raises:
      ValueError: there is none, or one has no model.
    """
    ids = list(ids)
    chosen = sorted(ids_of_class(ids, folder.synset))
    if not chosen:
        raise ValueError(
            f"ids name {len(ids)} models, of which none is of class {folder.synset}; "
            f"expected some, such as {folder.model_ids[0]}"
        )
    known = set(folder.model_ids)
    gone = [name for name in chosen if name not in known]
    if gone:
        more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
        raise ValueError(
            f"ids name {', '.join(map(repr, gone[:3]))}{more}; expected models of class "
            f"{folder.synset}, of which there are {len(known)}, such as {folder.model_ids[0]}"
        )
    return chosen


def _layout(folder: pathlib.Path, likely: str | None = None) -> str | None:
    """The version that a model's folder has the layout of, None for any other folder.

    Args:
      folder: of the model.
      likely: the version to look for first.
    """
    order = sorted(LAYOUTS, key=lambda name: name != likely)
    return next((name for name in order if os.path.isfile(folder / LAYOUTS[name])), None)


def _layouts(folder: pathlib.Path) -> dict[str, str]:
    """Model id -> layout of the models in a class folder, sorted; one look at the disk for each."""
    found, likely = {}, None
    for name in sorted(os.listdir(folder)):
        layout = _layout(folder / name, likely)
        if layout:
            found[name] = likely = layout
    return found


def _class_folder(root: pathlib.Path, category: str | None) -> pathlib.Path:
    if SYNSET.fullmatch(root.name):
        return root
    classes = sorted(path.name for path in root.iterdir() if SYNSET.fullmatch(path.name))
    synset = classes[0] if category is None and len(classes) == 1 else category
    if synset is None or (synset := synset_of(synset)) not in classes:
        raise ValueError(
            f"{root}: class is {category!r}; expected one of the folders there, "
            f"{', '.join(classes) or 'of which none is a synset'}"
        )
    return root / synset
