"""A look at the objects of a rendering job before it runs: are their frames right?

Writes sheets of pictures and a table into the job's folder, and nothing else; records that are
there stay as they are. How a sheet is drawn is the caller's choice, `viz/frame_sheet.py` for one.
"""

from __future__ import annotations

import collections
import csv
import dataclasses
import io
import os
import pathlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.object_mesh import object_mesh
from keypointnet_tf.data.render_folder import write_text
from keypointnet_tf.rendering.job import ObjectTask, RenderJob, object_tasks
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.sides import CORNER, SIDES, SideView, render_sides
from keypointnet_tf.shapes.frame_hints import frame_hints
from keypointnet_tf.shapes.frames import Frame
from keypointnet_tf.shapes.sources import MeshSource

COUNT = 24
PER_SHEET = 12
TILE = 160
TABLE_FILE = "preview.csv"
COLUMNS = ("object", "file", "up", "front", "faces", "hints")


@dataclasses.dataclass(frozen=True)
class PreviewView:
    """A view and its caption; fields as of `rendering.sides.SideView`."""

    caption: str
    rgba: np.ndarray
    depth: np.ndarray
    object_to_camera: np.ndarray
    focal: float


@dataclasses.dataclass(frozen=True)
class ObjectPreview:
    """One object as it would be rendered.

    Attributes:
      object_id: its unique name.
      file: its mesh file, "" for a procedural object.
      frame: axes of the file that were said to point up and forward.
      faces: number of its triangles, 0 when it could not be loaded.
      hints: what seems wrong, see `shapes/frame_hints.py`.
      views: six sides and a corner; none when it could not be loaded.
      failure: why it could not be loaded, else "".
    """

    object_id: str
    file: str
    frame: Frame
    faces: int = 0
    hints: tuple[str, ...] = ()
    views: tuple[PreviewView, ...] = ()
    failure: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """The hints, or the failure."""
        return (f"failed: {self.failure}",) if self.failure else self.hints

    @property
    def details(self) -> str:
        """Frame, faces and file in a line."""
        faces = f"{self.faces:,} faces" if self.faces else "not loaded"
        frame = f"up {self.frame.up}, front {self.frame.front}"
        return "   ".join([frame, faces, self.file]).rstrip()


class PreviewReport(NamedTuple):
    """What a preview wrote and found: `objects` shown, without their views, of `total`; files."""

    objects: list[ObjectPreview]
    total: int
    sheets: list[pathlib.Path]
    table: pathlib.Path

    def text(self) -> str:
        """A summary for the terminal: each object with its warnings, then what they share."""
        width = max(len(item.object_id) for item in self.objects)
        lines = []
        for item in self.objects:
            lines.append(f"{item.object_id:{width}}  {item.details}")
            lines += [f"  ! {warning}" for warning in item.warnings]
        count = len(self.objects)
        common = collections.Counter(hint for item in self.objects for hint in item.hints)
        lines += [f"{n} of {count} objects: {hint}" for hint, n in common.most_common() if n > 1]
        failed = sum(bool(item.failure) for item in self.objects)
        hinted = sum(bool(item.hints) for item in self.objects)
        lines.append(
            f"{count} of {self.total} objects shown, {hinted} with hints, {failed} failed: "
            + ", ".join(map(str, [*self.sheets, self.table]))
        )
        return "\n".join(lines)


def run_preview(
    job: RenderJob,
    out: str | os.PathLike,
    write_sheet: Callable[[Sequence[ObjectPreview], pathlib.Path], object],
    *,
    count: int = COUNT,
    progress: bool = True,
) -> PreviewReport:
    """Writes `preview.png` (`preview_2.png`, ...) and `preview.csv` into a folder.

    Objects are spread evenly over the job's list. Those that cannot be loaded appear with the
    reason. Sheets of an earlier preview that would be left over are removed.

    Args:
      job: its objects and frames are used, not its views and splits.
      out: folder, made when absent.
      write_sheet: draws objects into a picture file.
      count: most objects.
      progress: whether to show a bar.

    Raises:
      ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}; expected at least 1")
    folder, tasks = pathlib.Path(out), object_tasks(job)
    chosen = np.linspace(0, len(tasks) - 1, min(count, len(tasks))).round().astype(int)
    folder.mkdir(parents=True, exist_ok=True)
    sheets, shown, page = [], [], []
    for number in tqdm(chosen, unit="object", disable=not progress):
        page.append(preview_object(job, tasks[number]))
        if len(page) == PER_SHEET or number == chosen[-1]:
            sheets.append(folder / _sheet_name(len(sheets) + 1))
            write_sheet(page, sheets[-1])
            shown += [dataclasses.replace(item, views=()) for item in page]
            page = []
    _remove_others(folder, sheets)
    write_table(folder / TABLE_FILE, shown)
    return PreviewReport(shown, len(tasks), sheets, folder / TABLE_FILE)


def preview_object(job: RenderJob, task: ObjectTask) -> ObjectPreview:
    """Loads an object, looks at it from all sides, and looks for what may be wrong with it."""
    source = task.source or MeshSource("", task.object_id)
    frame = Frame(source.up, source.front)
    try:
        mesh = object_mesh(job, task)
        views = tuple(_captioned(view, source) for view in render_sides(Scene(mesh), size=TILE))
        hints = frame_hints(mesh, up=frame.up, front=frame.front)
    except Exception as error:
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        reason = kind + " ".join(str(error).split())
        return ObjectPreview(task.object_id, source.path, frame, failure=reason)
    return ObjectPreview(task.object_id, source.path, frame, len(mesh.faces), hints, views)


def write_table(path: pathlib.Path, objects: Sequence[ObjectPreview]) -> None:
    """Writes a CSV of `COLUMNS`, whole or not at all, which `--frames` reads back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(item) for item in objects)
    write_text(path, text.getvalue())


def _row(item: ObjectPreview) -> tuple[str, ...]:
    faces = str(item.faces) if item.faces else ""
    return (item.object_id, item.file, *item.frame, faces, "; ".join(item.warnings))


def _captioned(view: SideView, source: MeshSource) -> PreviewView:
    """The view under the side that it is seen from, and the file's axis there."""
    fields = {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
    name = fields.pop("name")
    caption = name
    if name != CORNER:
        caption = f"from {_signed(SIDES[name])} ({name})"
        if source.path:
            axis = Frame(source.up, source.front).file_axis(SIDES[name])
            caption += f" = file {_signed(axis)}"
    return PreviewView(caption, **fields)


def _signed(axis: str) -> str:
    return axis if axis.startswith("-") else f"+{axis}"


def _sheet_name(number: int) -> str:
    return "preview.png" if number == 1 else f"preview_{number}.png"


def _remove_others(folder: pathlib.Path, sheets: Sequence[pathlib.Path]) -> None:
    for path in folder.glob("preview_*.png"):
        if re.fullmatch(r"preview_\d+\.png", path.name) and path not in sheets:
            path.unlink()
