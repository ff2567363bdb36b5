"""Makes a model of the package from a finished run and its evaluation.

python examples/make_preset.py --name car --model_dir runs/demo_car/model \
  --eval runs/demo_car/eval --recipe "make demo DEMO_SHAPES=car" \
  --limits "Trained on black backgrounds: give it a mask."

Writes NAME.keras (without the optimiser), NAME.json (checksum, figures, hints) and the model card
NAME.md into keypointnet_tf/weights/.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import sys
import textwrap

from absl import flags

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flags import run_script  # noqa: E402

SHOWN = (
    "angular_error_mean_deg",
    "angular_error_median_deg",
    "orientation_accuracy",
    "on_object_share",
    "landmark_error_ratio",
    "coverage",
    "least_distance",
    "absolute_error_median_deg",
    "pairs",
    "objects",
    "steps",
)


# The first of them; the rest say the same or need no background.
ON_BACKGROUNDS = SHOWN[:6]


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("name", None, "Name of the model. Required."),
        ("model_dir", None, "Run folder, or a .keras file. Required."),
        ("eval", None, "Folder of its evaluation with predictions.npz. Required."),
        ("background_eval", "", "Folder of an evaluation with --backgrounds, for the card."),
        ("recipe", "", "How it was trained, for the card."),
        ("limits", "", "Where it fails, for the card."),
        ("out", str(ROOT / "keypointnet_tf" / "weights"), "Folder of the three files."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Writes the three files."""
    for name in ("name", "model_dir", "eval"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    from keypointnet_tf.atomic_file import write_atomic
    from keypointnet_tf.discovery.checkpoints import load_model, save_model
    from keypointnet_tf.discovery.rendered_evaluation import score_fixed_pairs
    from keypointnet_tf.metrics.predictions import Predictions

    predictions = Predictions.load(pathlib.Path(values.eval) / "predictions.npz")
    canonical, hints = canonical_and_hints(predictions)
    model = load_model(values.model_dir)
    model.info["canonical"] = canonical.round(4).tolist()
    out = pathlib.Path(values.out)
    out.mkdir(parents=True, exist_ok=True)
    save_model(model, out / f"{values.name}.keras")
    figures = measured(values.eval)
    if values.background_eval:
        told = measured(values.background_eval)
        figures |= {f"background_{name}": told[name] for name in ON_BACKGROUNDS}
    fields = {
        "name": values.name,
        "category": model.info["category"],
        "sha256": hashlib.sha256((out / f"{values.name}.keras").read_bytes()).hexdigest(),
        "recipe": values.recipe,
        "figures": figures | score_fixed_pairs(model),
        "hints": [name for name, _ in hints],
    }
    write_atomic(out / f"{values.name}.json", (json.dumps(fields, indent=1) + "\n").encode())
    text = card(fields, model, canonical, hints, values.limits)
    write_atomic(out / f"{values.name}.md", text.encode())
    print(f"{out / values.name}.keras, .json, .md written")


def measured(folder: str) -> dict[str, float]:
    """The figures of an evaluation that a card shows."""
    summary = json.loads((pathlib.Path(folder) / "summary.json").read_text())
    return {name: float(summary[name]) for name in SHOWN}


def canonical_and_hints(predictions):
    """Mean keypoints `[K, 3]`, and for each the nearest landmark's name and distance.

    Both are means over the training objects of the predictions, in the object frame.
    """
    import numpy as np

    from keypointnet_tf.metrics.canonical import template
    from keypointnet_tf.metrics.grouping import object_landmarks

    train = predictions.select("train")
    canonical = template(train)
    if canonical is None or train.landmarks is None:
        raise ValueError(
            "the predictions hold no training objects with landmarks; run eval.py again"
        )
    landmarks = np.nanmean(object_landmarks(train.landmarks, train.object_id), axis=0)
    distance = np.linalg.norm(canonical[:, None] - landmarks[None], axis=-1)
    nearest = distance.argmin(axis=1)
    names = predictions.landmark_names
    return canonical, [(str(names[i]), float(distance[k, i])) for k, i in enumerate(nearest)]


def card(fields: dict, model, canonical, hints, limits: str) -> str:
    """The model card, Markdown."""
    config = model.train_config
    figures = "\n".join(f"| {name} | {value:.4g} |" for name, value in fields["figures"].items())
    points = "\n".join(
        f"| {k} | {x:.2f}, {y:.2f}, {z:.2f} | {name}, {distance:.2f} away |"
        for k, ((x, y, z), (name, distance)) in enumerate(zip(canonical, hints, strict=True))
    )
    return CARD.format(
        name=fields["name"],
        category=fields["category"],
        model=config.model,
        recipe=fields["recipe"],
        sha256=fields["sha256"],
        figures=figures,
        points=points,
        limits=textwrap.fill(limits, 100) or "See `docs/training.md`.",
    )


CARD = """# Model card: {name}

{model.num_keypoints} unsupervised 3D keypoints of the category "{category}", from one image of
{model.size} x {model.size} pixels: OrientNet ({model.orient_filters} filters, stride
{model.orient_output_stride}) and KeypointNet ({model.filters} filters, stride
{model.output_stride}).

- **Data:** procedural {category}s of this package, rendered by its own renderer; no label, no
  photo, no model of anyone else.
- **Recipe:** {recipe}
- **Licence:** MIT, as the package.
- **SHA-256:** `{sha256}`

## Figures

On objects that it was not trained on, averaged over mirrored and zoomed copies
(`--averaging=full`); `fixed_*` on 50 pairs that a test of the package scores again,
`background_*` over backgrounds that it was not trained on. `docs/metrics.md` explains each.

| figure | value |
| --- | --- |
{figures}

## Keypoints

Where each is on the mean object (x forward, y left, z up, longest side 2), and the landmark of the
generator that is nearest to it: a hint at its meaning, found after training.

| keypoint | x, y, z | nearest landmark |
| --- | --- | --- |
{points}

## Where it fails

{limits}
"""


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(run_script("make_preset.py", __doc__, define, main))
