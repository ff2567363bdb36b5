"""Exports predictions of a record set and scores them, scores a file again, or compares runs."""

import os
import pathlib
import sys

import flags
from flags import eval_flags

DESCRIPTION = """\
Exports predictions of a record set's split and scores them, scores such a file again, or compares
several.

  python eval.py --model_dir runs/planes --data_dir data/planes --split test --out runs/planes/eval
  python eval.py --predictions runs/planes/eval/predictions.npz --out runs/planes/eval
  python eval.py --compare runs/planes runs/planes_b --out runs/compared

Writes predictions.npz, summary.json, summary.txt, per_example.csv, conditions.csv, and pictures of
the pairs; a comparison writes compare.json, compare.csv, compare.md and compare.png. Predictions
may come from elsewhere: docs/predictions.md. Every figure is explained in docs/metrics.md."""


def main(values) -> None:
    """Scores and prints the headline figures."""
    eval_flags.check(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    print("\n".join(_compared(values) if values.compare else _scored(values)))
    print(f"written to {pathlib.Path(values.out)}")


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


def _scored(values) -> list[str]:
    from keypointnet_tf.discovery.scoring import headline, report_scores
    from keypointnet_tf.metrics import symmetry
    from keypointnet_tf.metrics.predictions import Predictions

    if not values.predictions:
        return headline(_predict_and_score(values))
    predictions = symmetry.declare(
        Predictions.load(values.predictions),
        mirror=values.mirror_symmetric,
        fold=values.rotation_fold,
    )
    return headline(report_scores(predictions, values.out, eval_flags.resampling(values)))


def _predict_and_score(values):
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.discovery.checkpoints import load_model
    from keypointnet_tf.discovery.evaluation import evaluate

    record_set = RecordSet(values.data_dir, records_up=values.records_up)
    return evaluate(
        load_model(values.model_dir),
        record_set,
        values.out,
        split=values.split,
        fit_objects=values.fit_objects,
        pairs=values.pairs,
        batch_size=values.batch_size,
        mirror=values.mirror_symmetric,
        fold=values.rotation_fold,
        resampling=eval_flags.resampling(values),
    )


if __name__ == "__main__":
    arguments = eval_flags.spread(sys.argv[1:])
    sys.exit(flags.run_script("eval.py", DESCRIPTION, eval_flags.define, main, arguments))
