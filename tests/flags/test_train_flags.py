"""Every configuration field is a flag; presets parse, and unknown names in them fail."""

import dataclasses
import pathlib

import pytest
from absl import flags as absl_flags

import flags
from flags import eval_flags, train_flags
from keypointnet_tf.discovery.config import LossConfig, ModelConfig, TrainConfig
from keypointnet_tf.discovery.schedules import ramp

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted((REPOSITORY / "flags" / "presets").glob("*.flags"))
PRESETS = [path for path in FILES if not path.stem.startswith("eval_")]
NAMES = {
    "ablation",
    "descriptor",
    "photo",
    "photo_more",
    "photo_pairs",
    "debug",
    "demo",
    "demo_car",
    "demo_chair",
    "paper_plane",
    "paper_car",
    "paper_chair",
    "slides_plane",
    "slides_car",
    "supervised",
}


def parsed(*arguments):
    values = absl_flags.FlagValues()
    train_flags.define(values)
    values(["train.py", *arguments])
    return values


def test_defaults_are_those_of_the_dataclasses():
    assert train_flags.config_from_flags(parsed()) == TrainConfig()


def test_flags_reach_their_fields():
    config = train_flags.config_from_flags(
        parsed("--silhouette_weight=0:1,0.5:2", "--dilations=1,2,4", "--steps=7", "--size=32")
    )
    large = train_flags.config_from_flags(parsed("--batch_size=64", "--accumulate=4", "--remat"))
    assert (large.pairs_at_once, large.remat) == (16, True)
    assert config.loss.silhouette == ramp(1, 2, 0, 0.5)
    assert config.model == dataclasses.replace(ModelConfig(), dilations=(1, 2, 4), size=32)
    assert config.steps == 7


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--silhouette_weight=high", "--silhouette_weight: schedule is 'high'"),
        ("--steps=0", "steps is 0; expected at least 1"),
        ("--accumulate=3", "accumulate is 3; expected a divisor of batch_size 16"),
        ("--zoom_jitter=1.5", "zoom_jitter is 1.5"),
        ("--dilations=1,x", "--dilations"),
    ],
)
def test_bad_values_name_the_flag(argument, message):
    with pytest.raises(ValueError, match=message):
        train_flags.config_from_flags(parsed(argument))


def test_the_run_and_its_data_must_be_named():
    with pytest.raises(ValueError, match="--model_dir"):
        train_flags.check(parsed("--shapes=plane"))
    with pytest.raises(ValueError, match="one of --data_dir, --shapes and --photo_pairs"):
        train_flags.check(parsed("--model_dir=x", "--shapes=plane", "--data_dir=y"))
    with pytest.raises(ValueError, match="--random_materials=0.5 is for --shapes"):
        train_flags.check(parsed("--model_dir=x", "--data_dir=y", "--random_materials=0.5"))
    train_flags.check(parsed("--model_dir=x", "--shapes=plane", "--random_materials=0.5"))


def test_all_presets_are_there():
    assert {path.stem for path in PRESETS} == NAMES


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_preset_parses(path):
    config = train_flags.config_from_flags(parsed(f"--flagfile={path}"))
    assert config != TrainConfig()


def test_published_presets_are_the_plain_recipe():
    for path in PRESETS:
        if path.stem.startswith(("paper", "slides")):
            config = train_flags.config_from_flags(parsed(f"--flagfile={path}"))
            weights = {f.name: getattr(config.loss, f.name) for f in dataclasses.fields(LossConfig)}
            assert weights["template"].at(0) == 0 and weights["pose"].at(1) == 0.2
            assert weights["separation"].at(0) == 1 and weights["pose_noise"].at(0.5) == 0.1
            assert weights["orientation_bit"] == "round"
            begin, end = (p * config.steps for p, _ in weights["true_orientation"].knots)
            assert begin == pytest.approx(30_000, abs=5) and end == pytest.approx(60_000, abs=5)
            assert config.model == ModelConfig()


def test_unknown_name_in_a_preset_fails(tmp_path):
    preset = tmp_path / "typo.flags"
    preset.write_text("--silhuette_weight=1\n")
    with pytest.raises(absl_flags.UnrecognizedFlagError, match="silhuette_weight"):
        parsed(f"--flagfile={preset}")


def test_help_describes_every_flag():
    for module in (train_flags, eval_flags):
        values = absl_flags.FlagValues()
        module.define(values)
        text = flags.help_text("x.py", "", values)
        for name in values.flag_values_dict():
            assert f"--{name}" in text or f"--[no]{name}" in text
            assert len(values[name].help) > 5


def test_field_text_refuses_undocumented_fields():
    with pytest.raises(ValueError, match="does not name field 'nope'"):
        flags.field_text(TrainConfig, "nope")


def test_eval_flags_want_a_model_or_predictions():
    values = absl_flags.FlagValues()
    eval_flags.define(values)
    values(["eval.py", "--out=x"])
    with pytest.raises(ValueError, match="one of --model_dir, --predictions and --compare"):
        eval_flags.check(values)


def test_flags_beside_a_preset_win_wherever_they_stand(capsys):
    seen = []

    def main(values):
        seen.append(train_flags.config_from_flags(values).steps)

    preset = f"--flagfile={REPOSITORY}/flags/presets/debug.flags"
    orders = ["--steps=7", preset], [preset, "--steps=7"], [*preset.split("="), "--steps=7"]
    for arguments in orders:
        assert flags.run_script("train.py", "", train_flags.define, main, arguments) == 0
    assert seen == [7, 7, 7]
