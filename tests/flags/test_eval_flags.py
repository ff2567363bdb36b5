"""What `eval.py` is asked to do: one thing, told by its flags."""

import pytest
from absl import flags as absl_flags

from flags import eval_flags


def parsed(*arguments):
    values = absl_flags.FlagValues()
    eval_flags.define(values)
    values(["eval.py", *eval_flags.spread(arguments)])
    return values


def test_compare_takes_all_that_follows():
    values = parsed("--compare", "a", "b/eval", "--out", "c", "--bootstrap_seed=3")
    assert values.compare == ["a", "b/eval"] and values.out == "c"
    settings = eval_flags.resampling(values)
    assert (settings.resamples, settings.seed) == (2000, 3)
    eval_flags.check(values)


def test_compare_may_be_repeated():
    assert parsed("--compare=a", "--compare=b", "--out=c").compare == ["a", "b"]


def test_other_flags_keep_their_values():
    values = parsed("--out", "c", "--model_dir", "m", "--data_dir", "d")
    assert (values.out, values.model_dir, values.compare) == ("c", "m", [])
    eval_flags.check(values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model_dir=m", "--data_dir=d"], "--out is missing"),
        (["--out=o"], "expected one of --model_dir, --predictions and --compare"),
        (["--out=o", "--compare"], "expected one of"),
        (["--out=o", "--predictions=p", "--compare", "a"], "expected one of"),
        (["--out=o", "--model_dir=m"], "--data_dir is missing"),
    ],
)
def test_unclear_calls_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        eval_flags.check(parsed(*arguments))
