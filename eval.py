"""Exports predictions of a record set and scores them, scores a file again, or compares runs."""

import datetime
import os
import pathlib
import shlex
import sys

import flags
from flags import eval_flags

DESCRIPTION = """\
Exports predictions of a record set's split and scores them, scores such a file again, or compares
several.

  python eval.py --model_dir runs/planes --data_dir data/planes --split test --out runs/planes/eval
  python eval.py --predictions runs/planes/eval/predictions.npz --out runs/planes/eval
  python eval.py --compare runs/planes runs/planes_b --out runs/compared

Or scores on fresh procedural objects, also deformed, or looks at photos:

  python eval.py --flagfile=flags/presets/eval_synthetic.flags --shapes plane \\
    --model_dir runs/planes --out runs/planes/eval_synthetic
  python eval.py --flagfile=flags/presets/eval_photos.flags --photos 'cars/*.jpg' \\
    --model_dir runs/cars --out runs/cars/eval_photos

Writes report.html, predictions.npz, made_by.json, summary.json, summary.txt, per_example.csv,
conditions.csv, and pictures of the pairs; a comparison writes compare.json, compare.csv, compare.md
and compare.png. Predictions may come from elsewhere: docs/predictions.md. Every figure is explained
in docs/metrics.md."""


def main(values) -> None:
    """Scores and prints the headline figures."""
    eval_flags.check(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    print("\n".join(_lines(values)))
    print(f"written to {pathlib.Path(values.out)}")


def _lines(values) -> list[str]:
    """Does what the flags ask for, and returns what to print."""
    if values.compare:
        return _compared(values)
    if values.photos:
        return _photos(values)
    from keypointnet_tf.discovery.scoring import headline

    return headline(_scored_again(values) if values.predictions else _predict_and_score(values))


def _compared(values) -> list[str]:
    from keypointnet_tf.discovery.comparison import report_comparison
    from keypointnet_tf.metrics.compare_files import markdown

    comparison = report_comparison(
        values.compare,
        values.out,
        eval_flags.resampling(values),
        mirror=values.mirror_symmetric,
        fold=values.rotation_fold,
    )
    return markdown(comparison).splitlines()


def _scored_again(values):
    from keypointnet_tf.discovery.made_by import load_made_by
    from keypointnet_tf.discovery.protocol import load_protocol
    from keypointnet_tf.discovery.scoring import report_scores
    from keypointnet_tf.metrics import symmetry
    from keypointnet_tf.metrics.predictions import Predictions

    folder = pathlib.Path(values.predictions).parent
    predictions = symmetry.declare(
        Predictions.load(values.predictions),
        mirror=values.mirror_symmetric,
        fold=values.rotation_fold,
    )
    return report_scores(
        predictions,
        values.out,
        eval_flags.resampling(values),
        made_by=load_made_by(folder),
        protocol=load_protocol(folder),
    )


def _predict_and_score(values):
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.discovery.evaluation import evaluate
    from keypointnet_tf.discovery.made_by import describe
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.rendered_evaluation import evaluate_rendered

    record_set = None
    if not values.shapes:
        record_set = RecordSet(
            values.data_dir, records_up=values.records_up, cache_dir=values.cache_dir
        )
    predictor = Predictor.from_preset(values.model_dir, averaging=values.averaging)
    same = {
        "change": eval_flags.backgrounds(values.backgrounds, predictor.size),
        "batch_size": values.batch_size,
        "resampling": eval_flags.resampling(values),
        "made_by": describe(
            values.model_dir,
            command=shlex.join(["python", *sys.argv]),
            date=datetime.date.today().isoformat(),
        ),
        "protocol": eval_flags.protocol(values),
    }
    if record_set is None:
        test = eval_flags.rendered_test(values)
        return evaluate_rendered(predictor, test, values.out, **same)
    return evaluate(
        predictor,
        record_set,
        values.out,
        split=values.split,
        fit_objects=values.fit_objects,
        pairs=values.pairs,
        mirror=values.mirror_symmetric,
        fold=values.rotation_fold,
        **same,
    )


def _photos(values) -> list[str]:
    from keypointnet_tf.discovery.photo_scoring import HEADLINE, evaluate_photos
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.scoring import headline

    photos, masks, failures = eval_flags.photos_and_masks(values)
    scores = evaluate_photos(
        Predictor.from_preset(values.model_dir, averaging=values.averaging),
        photos,
        masks,
        values.out,
        failures=failures,
        batch_size=values.batch_size,
        protocol=eval_flags.protocol(values),
    )
    return headline(scores, HEADLINE)


if __name__ == "__main__":
    arguments = eval_flags.spread(sys.argv[1:])
    sys.exit(flags.run_script("eval.py", DESCRIPTION, eval_flags.define, main, arguments))
