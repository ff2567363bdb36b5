"""What `eval.py` is asked to do: one thing, told by its flags; the protocols and their presets."""

import pathlib

import pytest
from absl import flags as absl_flags

from flags import eval_flags
from keypointnet_tf.shapes.deformation import Deformation

PRESETS = pathlib.Path(__file__).resolve().parents[2] / "flags" / "presets"
NAMES = ("paper", "synthetic", "deformed", "human", "photos")


def parsed(*arguments):
    values = absl_flags.FlagValues()
    eval_flags.define(values)
    values(["eval.py", *eval_flags.spread(arguments)])
    return values


def asked(*arguments):
    return parsed("--out=x", *arguments)


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


def preset(name, *arguments):
    return asked(f"--flagfile={PRESETS}/eval_{name}.flags", *arguments)


def test_every_protocol_has_its_preset():
    assert {path.stem for path in PRESETS.glob("eval_*.flags")} == {f"eval_{n}" for n in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_names_its_protocol_and_documents_it(name):
    assert eval_flags.protocol(preset(name)).name == name
    lines = (PRESETS / f"eval_{name}.flags").read_text().splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert f'# Protocol "{name}"' in header[0]
    assert any("python eval.py --flagfile=flags/presets/eval_" in line for line in header)
    assert any("Reports" in line for line in header)


def test_no_protocol_without_a_name():
    assert eval_flags.protocol(asked("--data_dir=d")) is None
    assert eval_flags.protocol(asked("--data_dir=d", "--min_objects=3")).min_objects == 3


def test_the_synthetic_test():
    test = eval_flags.rendered_test(preset("synthetic", "--shapes=plane", "--seed=4"))
    assert (test.category, test.objects, test.pairs, test.fit_objects) == ("plane", 120, 10, 200)
    assert test.seed == 4 and test.deformation is None


def test_the_deformed_test_is_the_synthetic_one_deformed():
    pytest.importorskip("tensorflow_graphics")
    plain = eval_flags.rendered_test(preset("synthetic", "--shapes=plane"))
    bent = eval_flags.rendered_test(preset("deformed", "--shapes=plane"))
    assert bent.deformation == Deformation("all", 0.66, 0)
    assert (plain.objects, plain.pairs, plain.seed) == (bent.objects, bent.pairs, bent.seed)


def test_the_human_protocol_wants_fifty_objects():
    protocol = eval_flags.protocol(preset("human", "--data_dir=d"))
    (note,) = protocol.notes({"objects": 7})
    assert note.startswith("test objects: 7") and "at least 50" in note
    assert protocol.notes({"objects": 50}) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--model_dir=m",), "--data_dir is missing; .* --shapes and --photos"),
        (("--model_dir=m", "--data_dir=d", "--shapes=car"), "got --data_dir and --shapes"),
        (("--model_dir=m", "--photos=p", "--shapes=car"), "got --shapes and --photos"),
        (("--model_dir=m", "--data_dir=d", "--deform=bend"), "--deform needs --shapes"),
        (("--predictions=p", "--model_dir=m"), "one of --model_dir, --predictions and --compare"),
        (("--predictions=p", "--shapes=car"), "--predictions goes without --shapes"),
    ],
)
def test_contradictions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        eval_flags.check(asked(*arguments))


def test_photos_without_their_mask_are_failures(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"")
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "a.png").write_bytes(b"")
    photos, found, failures = eval_flags.photos_and_masks(
        asked(f"--photos={tmp_path}", f"--mask={masks}")
    )
    assert [photo.name for photo in photos] == ["a.jpg"] and found == [masks / "a.png"]
    assert len(failures) == 1 and failures[0]["file"].endswith("b.jpg")
    photos, found, failures = eval_flags.photos_and_masks(asked(f"--photos={tmp_path}"))
    assert len(photos) == 2 and found == [None, None] and failures == []
    with pytest.raises(ValueError, match="is for one photo; --photos finds 2"):
        eval_flags.photos_and_masks(asked(f"--photos={tmp_path}", f"--mask={masks}/a.png"))
    with pytest.raises(ValueError, match="--mask=/none is absent"):
        eval_flags.photos_and_masks(asked(f"--photos={tmp_path}", "--mask=/none"))
