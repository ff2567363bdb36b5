"""Trains the recipe without each of its parts in turn, and with other numbers of keypoints.

python examples/ablations.py --shapes plane --out runs/ablations
python examples/ablations.py --shapes plane --out runs/ablations --rows=keypoints

Renders one set of records, trains and scores the rows, --jobs at a time, and writes ablations.csv,
ablations.md and strip.png. Stopped at any time, the same command goes on where it was.
"""

import csv
import dataclasses
import io
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

from absl import flags
from tqdm import tqdm

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flags import run_script  # noqa: E402
from keypointnet_tf.atomic_file import write_atomic  # noqa: E402
from keypointnet_tf.discovery.config import ModelConfig  # noqa: E402
from keypointnet_tf.shapes.procedural import CATEGORIES  # noqa: E402

PRESETS = ROOT / "flags" / "presets"
FIGURES = (
    "angular_error_mean_deg",
    "angular_error_median_deg",
    "orientation_accuracy",
    "on_object_share",
    "consistency",
    "coverage",
    "least_distance",
    "landmark_error_ratio",
    "three_d_se",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One training.

    Attributes:
      name: of its folder and its line in the table.
      group: which `--rows` it belongs to.
      flags: what differs from the preset `ablation`.
      after: name of a row whose OrientNet it starts from.
      same_as: name of a row that is the same training; none is done for this one.
    """

    name: str
    group: str
    flags: tuple[str, ...] = ()
    after: str = ""
    same_as: str = ""


def rows_of(category: str) -> tuple[Row, ...]:
    """All rows of a category, those that others build on first."""
    landmarks = len(CATEGORIES[category].landmark_names)
    taught = (f"--flagfile={PRESETS / 'supervised.flags'}", f"--num_keypoints={landmarks}")
    without = ("consistency", "pose", "separation", "silhouette", "variance", "orientation")
    return (
        Row("full recipe", "losses"),
        *(Row(f"without {name}", "losses", (f"--{name}_weight=0",)) for name in without),
        Row("more pose noise", "losses", ("--pose_noise=0.2",)),
        Row("plain schedule", "losses", PLAIN),
        Row("supervised", "baselines", taught),
        Row(
            "supervised, given OrientNet",
            "baselines",
            (*taught, "--train=keypoints"),
            "full recipe",
        ),
        *(number_row(k) for k in (3, 5, 8, 10, 15, 20)),
    )


def number_row(keypoints: int) -> Row:
    """The row of a number of keypoints; that of the preset is the full recipe."""
    if keypoints == ModelConfig().num_keypoints:
        return Row(f"K = {keypoints}", "keypoints", same_as="full recipe")
    return Row(f"K = {keypoints}", "keypoints", (f"--num_keypoints={keypoints}",))


# The published weights from the first step on: no template, nothing annealed.
PLAIN = (
    "--template_weight=0",
    "--pose_weight=0.2",
    "--silhouette_weight=1",
    "--variance_weight=0.5",
    "--separation_weight=1",
    "--separation_delta=0.05",
    "--pose_noise=0.1",
)


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_enum("shapes", "plane", list(CATEGORIES), "Category.", flag_values=values)
    flags.DEFINE_list(
        "rows",
        ["losses", "baselines", "keypoints"],
        "Groups of rows to train; the table shows all that are done.",
        flag_values=values,
    )
    integers = (
        ("steps", 3000, "Steps of each row."),
        ("objects", 600, "Objects of the set; one in six is for scoring."),
        ("pairs", 12, "View pairs per object."),
        ("jobs", 2, "Trainings at a time, each on its own core."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, flag_values=values)
    flags.DEFINE_string("out", None, "Folder of the results. Required.", flag_values=values)
    flags.DEFINE_string("date", "", "Shown with the table.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Renders, trains, scores, and writes the table."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the results")
    groups = {row.group for row in rows_of(values.shapes)}
    if not set(values.rows) <= groups:
        raise ValueError(f"--rows is {','.join(values.rows)}; expected any of {sorted(groups)}")
    out = pathlib.Path(values.out)
    render(values, out)
    rows = rows_of(values.shapes)
    chosen = [row for row in rows if row.group in values.rows]
    needed = {name for row in chosen for name in (row.after, row.same_as)}
    train = [row for row in rows if (row in chosen and not row.same_as) or row.name in needed]
    train_rows(train, values, out)
    done = [row for row in rows if (folder_of(row, out) / "eval" / "summary.json").is_file()]
    write_tables(done, values, out)
    draw_strip(done, out / "strip.png")
    print((out / "ablations.md").read_text())


def render(values: flags.FlagValues, out: pathlib.Path) -> None:
    """The records that all rows share."""
    command = [
        *(sys.executable, ROOT / "render.py", f"--shapes={values.shapes}", "--size=48"),
        *(f"--objects={values.objects}", f"--pairs={values.pairs}", f"--out={out / 'data'}"),
        *(f"--dev_count={values.objects // 30 or 1}", f"--test_count={values.objects // 6 or 1}"),
    ]
    code = subprocess.run(list(map(str, command))).returncode
    if code:
        raise ValueError(f"render.py ended with code {code}; expected the records of all rows")


def train_rows(rows: list[Row], values: flags.FlagValues, out: pathlib.Path) -> None:
    """Trains and scores the rows that are not done, `--jobs` at a time."""
    todo = [row for row in rows if not (folder_of(row, out) / "eval" / "summary.json").is_file()]
    running: dict[int, tuple[Row, subprocess.Popen]] = {}
    bar = tqdm(total=len(todo), unit="row")
    try:
        while todo or running:
            for slot in set(range(values.jobs)) - set(running):
                ready = next(
                    (row for row in todo if not row.after or is_done(row.after, out)), None
                )
                if ready is not None:
                    todo.remove(ready)
                    running[slot] = ready, start(ready, values, out, slot)
            time.sleep(0.5)
            for slot, (row, process) in list(running.items()):
                if process.poll() is not None:
                    del running[slot]
                    finish(row, process, out)
                    bar.update()
    finally:
        for _, process in running.values():
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        bar.close()


def is_done(name: str, out: pathlib.Path) -> bool:
    """Whether the row of that name is scored."""
    return (out / slug(name) / "eval" / "summary.json").is_file()


def start(row: Row, values: flags.FlagValues, out: pathlib.Path, slot: int) -> subprocess.Popen:
    """Training and scoring of one row on a core of its own, messages to its `row.log`."""
    folder = folder_of(row, out)
    folder.mkdir(parents=True, exist_ok=True)
    train = [
        *(sys.executable, ROOT / "train.py", f"--flagfile={PRESETS / 'ablation.flags'}"),
        *(*row.flags, f"--steps={values.steps}"),
        *(f"--data_dir={out / 'data'}", f"--model_dir={folder / 'model'}"),
    ]
    if row.after:
        train.append(f"--orient_weights={out / slug(row.after) / 'model'}")
    score = [
        *(sys.executable, ROOT / "eval.py", f"--model_dir={folder / 'model'}", "--pairs=10"),
        *(f"--data_dir={out / 'data'}", f"--out={folder / 'eval'}"),
    ]
    script = " && ".join(shlex.join(map(str, command)) for command in (train, score))
    core = {slot % (os.cpu_count() or 1)}
    with open(folder / "row.log", "ab") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, core),
        )


def finish(row: Row, process: subprocess.Popen, out: pathlib.Path) -> None:
    """Raises ValueError where a row has failed."""
    if process.returncode:
        log = folder_of(row, out) / "row.log"
        raise ValueError(f"row {row.name!r} ended with code {process.returncode}: see {log}")


def folder_of(row: Row, out: pathlib.Path) -> pathlib.Path:
    """The row's folder."""
    return out / slug(row.same_as or row.name)


def slug(name: str) -> str:
    """A folder name: `"K = 3"` becomes `"k_3"`."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def write_tables(rows: list[Row], values: flags.FlagValues, out: pathlib.Path) -> None:
    """`ablations.csv` and `ablations.md`."""
    lines = []
    for row in rows:
        summary = json.loads((folder_of(row, out) / "eval" / "summary.json").read_text())
        lines.append([row.name, *(summary[name] for name in FIGURES)])
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([["row", *FIGURES], *lines])
    write_atomic(out / "ablations.csv", table.getvalue().encode())
    command = f"python examples/ablations.py --shapes {values.shapes} --steps {values.steps}"
    head = ["recipe", *(name.replace("_", " ") for name in FIGURES)]
    text = [f"`{command}` {values.date}".strip(), "", markdown(head), markdown(["---"] * len(head))]
    text += [markdown([line[0], *(f"{value:.3g}" for value in line[1:])]) for line in lines]
    write_atomic(out / "ablations.md", ("\n".join(text) + "\n").encode())


def markdown(cells: list[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def draw_strip(rows: list[Row], path: pathlib.Path) -> None:
    """The same views of the same objects under every row, one above the other."""
    from keypointnet_tf.metrics.predictions import Predictions
    from keypointnet_tf.viz.canvas import save_picture
    from keypointnet_tf.viz.grid import same_views

    out = path.parent
    if rows:
        found = {
            row.name: Predictions.load(folder_of(row, out) / "eval" / "predictions.npz").select(
                "test"
            )
            for row in rows
        }
        save_picture(same_views(found), path, palette=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(run_script("ablations.py", __doc__, define, main))
