"""Exports predictions of a record set and scores them, or scores a predictions file again."""

import os
import pathlib
import sys

import flags
from flags import eval_flags

DESCRIPTION = """\
Exports predictions of a record set's split and scores them, or scores such a file again.

  python eval.py --model_dir runs/planes --data_dir data/planes --split test --out runs/planes/eval
  python eval.py --predictions runs/planes/eval/predictions.npz --out runs/planes/eval

Writes predictions.npz, summary.json, summary.txt, per_example.csv, and pictures of the pairs."""


def main(values) -> None:
    """Scores and prints the headline figures."""
    eval_flags.check(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from keypointnet_tf.discovery.scoring import headline, report_scores
    from keypointnet_tf.metrics.predictions import Predictions

    if values.predictions:
        scores = report_scores(Predictions.load(values.predictions), values.out)
    else:
        scores = _predict_and_score(values)
    print("\n".join(headline(scores)))
    print(f"written to {pathlib.Path(values.out)}")


def _predict_and_score(values):
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.discovery.checkpoints import load_model
    from keypointnet_tf.discovery.evaluation import evaluate

    record_set = RecordSet(
        values.data_dir, records_up=values.records_up, cache_dir=values.cache_dir
    )
    return evaluate(
        load_model(values.model_dir),
        record_set,
        values.out,
        split=values.split,
        fit_objects=values.fit_objects,
        pairs=values.pairs,
        batch_size=values.batch_size,
    )


if __name__ == "__main__":
    sys.exit(flags.run_script("eval.py", DESCRIPTION, eval_flags.define, main))
