"""Flags of `app.py`."""

from __future__ import annotations

import dataclasses
import os

from absl import flags

PORT, MAX_UPLOAD_MB = 7860, 20


@dataclasses.dataclass(frozen=True)
class AppJob:
    """What `app.py` is asked for.

    Attributes:
      models: names of the package's models, run folders and `.keras` files; none for all models
        of the package.
      examples: folder of photos to offer, or None.
      host, port: where the page is served; port 0 takes a free one.
      max_upload_mb: largest photo, in megabytes.
      open_browser: whether to open the page in a browser.
    """

    models: tuple[str, ...]
    examples: str | None
    host: str
    port: int
    max_upload_mb: int
    open_browser: bool


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_multi_string(
        "model_dir",
        [],
        "Model of the package (car, chair), run folder, whose best.keras is taken, or .keras file. "
        "Repeat it to offer several; by default those of the package.",
        flag_values=values,
    )
    flags.DEFINE_string(
        "examples",
        None,
        "Folder of photos to offer as examples beside rendered ones; its subfolder masks may hold "
        "a mask for each, with the photo's stem.",
        flag_values=values,
    )
    flags.DEFINE_string(
        "host",
        "127.0.0.1",
        "Address to serve at. The default is reached from this machine alone; with any other, "
        "everyone who reaches it can use the page.",
        flag_values=values,
    )
    flags.DEFINE_integer("port", PORT, "Port; 0 takes a free one.", 0, 65535, flag_values=values)
    flags.DEFINE_integer(
        "max_upload_mb", MAX_UPLOAD_MB, "Largest photo, megabytes.", 1, 1000, flag_values=values
    )
    flags.DEFINE_boolean("open", False, "Open the page in a browser.", flag_values=values)


def job_from_flags(values: flags.FlagValues) -> AppJob:
    """The job that the flags describe.

    Raises:
      ValueError: `--examples` is no folder.
    """
    if values.examples is not None and not os.path.isdir(values.examples):
        raise ValueError(f"--examples={values.examples} is absent; expected a folder of photos")
    return AppJob(
        tuple(values.model_dir),
        values.examples,
        values.host,
        values.port,
        values.max_upload_mb,
        values.open,
    )
