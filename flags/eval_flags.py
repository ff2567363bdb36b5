"""Flags of `eval.py`."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from flags.predict_flags import define_averaging
from flags.source_flags import define_deformation, deformation_from_flags

if TYPE_CHECKING:
    from keypointnet_tf.data.domain_randomization import Randomizer
    from keypointnet_tf.discovery.protocol import Protocol
    from keypointnet_tf.discovery.rendered_evaluation import RenderedTest
    from keypointnet_tf.metrics.bootstrap import Resampling

COMPARE = "compare"
# Of the backgrounds: other draws than those of a training, whose seed is 0 unless it is set.
BACKGROUND_SEED = 2**20
# What there is to score, beside a predictions file: exactly one of them.
SOURCES = ("data_dir", "shapes", "photos")


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        (
            "model_dir",
            None,
            "Run folder, whose best.keras is taken, .keras file, or model of the package.",
        ),
        ("data_dir", None, "Records to predict and score: a folder, a zip of one, or a URL."),
        ("cache_dir", None, "Folder for copies of a remote --data_dir; none to read it in place."),
        ("predictions", None, "Score this predictions.npz again instead; needs no model."),
        ("out", None, "Folder for report.html, predictions.npz, figures and pictures."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)
    flags.DEFINE_multi_string(
        COMPARE,
        [],
        "Compare these instead, one after the other: predictions files, or folders that hold "
        "predictions.npz or eval/predictions.npz. The first is the one to compare with.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "split", "test", ["train", "dev", "test"], "Split to score.", flag_values=values
    )
    flags.DEFINE_enum(
        "records_up",
        "auto",
        ["auto", "y", "z"],
        "Up axis of the records' object frame.",
        flag_values=values,
    )
    integers = (
        ("fit_objects", 200, "Training objects on which the map to landmarks is fitted."),
        ("pairs", None, "At most so many pairs of each object; none for all."),
        ("batch_size", 32, "Pairs predicted at a time."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    define_averaging(values)
    flags.DEFINE_string(
        "backgrounds",
        None,
        "What stands behind the objects: none for black, 'procedural', or photos: a folder or a "
        "glob.",
        flag_values=values,
    )
    _define_scoring(values)
    _define_rendered(values)
    _define_photos(values)
    _define_protocol(values)


def _define_scoring(values: flags.FlagValues) -> None:
    integers = (
        ("resamples", 2000, "Resamples of the objects for the 95 % intervals; 0 makes none."),
        ("bootstrap_seed", 0, "Seed of the resamples; the same one gives the same intervals."),
        (
            "rotation_fold",
            None,
            "Turns about z that bring every object onto itself, where the records or the file say "
            "nothing: 1 none but the whole, 2 half turns, ..., 0 any turn.",
        ),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=0, flag_values=values)
    flags.DEFINE_boolean(
        "mirror_symmetric",
        None,
        "Whether every object is its own mirror image (left for right), where the records or the "
        "file say nothing.",
        flag_values=values,
    )


def backgrounds(source: str | None, size: int, *, seed: int = BACKGROUND_SEED) -> Randomizer | None:
    """What puts backgrounds behind objects in pictures of side `size`, or None for black.

    Args:
      source: as `--backgrounds` takes it.
      size: of the pictures.
      seed: of the backgrounds.

    Raises:
      ValueError: no photo is there, or one cannot be read.
    """
    if not source:
        return None
    from keypointnet_tf.data.backgrounds import make_bank, photo_bank
    from keypointnet_tf.data.domain_randomization import DomainRandomization, Randomizer

    bank = make_bank(size, seed=seed) if source == "procedural" else photo_bank(source, size)
    return Randomizer(DomainRandomization(background=1.0), size, seed=seed, bank=bank)


def spread(arguments: Sequence[str]) -> list[str]:
    """Lets `--compare a b c` stand for `--compare=a --compare=b --compare=c`."""
    result, following = [], False
    for argument in arguments:
        name = argument.lstrip("-")
        if argument.startswith("-"):
            following = name == COMPARE
            if not following:
                result.append(argument)
        else:
            result.append(f"--{COMPARE}={argument}" if following else argument)
    return result


def resampling(values: flags.FlagValues) -> Resampling:
    """How the intervals are made."""
    from keypointnet_tf.metrics.bootstrap import Resampling

    return Resampling(resamples=values.resamples, seed=values.bootstrap_seed)


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when the flags do not say what to score."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the results")
    asked = [name for name in ("predictions", "model_dir", COMPARE) if values[name].value]
    if len(asked) != 1:
        raise ValueError("expected one of --model_dir, --predictions and --compare")
    given = [name for name in SOURCES if values[name].value]
    if values.model_dir and not given:
        raise ValueError(
            "--data_dir is missing; expected the records to score, or one of --shapes and --photos"
        )
    if len(given) > 1:
        raise ValueError(f"got --{' and --'.join(given)}; expected one of them")
    if given and not values.model_dir:
        raise ValueError(f"--{asked[0]} goes without --{given[0]}; expected one of them")
    if values.deform and not values.shapes:
        raise ValueError("--deform needs --shapes; records are deformed by render.py --deform")


def rendered_test(values: flags.FlagValues) -> RenderedTest:
    """The test that `--shapes` describes.

    Raises:
      ValueError: a value is out of range, or a library for `--deform` is missing.
    """
    deformation = deformation_from_flags(values)
    from keypointnet_tf.discovery.rendered_evaluation import RenderedTest

    return RenderedTest(
        values.shapes,
        objects=values.objects,
        pairs=values.pairs or 10,
        fit_objects=values.fit_objects,
        seed=values.seed,
        deformation=deformation,
    )


def photos_and_masks(
    values: flags.FlagValues,
) -> tuple[list[pathlib.Path], list[pathlib.Path | None], list[dict[str, str]]]:
    """The photos that `--photos` finds, their masks, and those without the mask they should have.

    Raises:
      ValueError: there is no photo, `--mask` is absent, or one mask is given for several photos.
    """
    from keypointnet_tf.data.photos import find_photos, match_masks

    if values.mask and not os.path.exists(values.mask):
        raise ValueError(f"--mask={values.mask} is absent; expected an image file or a folder")
    found = find_photos(values.photos)
    if values.mask and os.path.isfile(values.mask) and len(found) > 1:
        raise ValueError(f"--mask={values.mask} is for one photo; --photos finds {len(found)}")
    return match_masks(found, values.mask)


def protocol(values: flags.FlagValues) -> Protocol | None:
    """The protocol that the flags name, None for none."""
    from keypointnet_tf.discovery.protocol import Protocol

    if not values.protocol and not values.min_objects:
        return None
    settings = {"split": values.split} if values.data_dir else {}
    return Protocol(values.protocol, settings, values.min_objects)


def _define_rendered(values: flags.FlagValues) -> None:
    flags.DEFINE_enum(
        "shapes",
        None,
        ["plane", "car", "chair"],
        "Score on procedural objects instead that no training has seen, rendered in memory.",
        flag_values=values,
    )
    integers = (
        ("objects", 120, 1, "With --shapes: how many objects."),
        ("seed", 0, 0, "With --shapes: of objects, cameras, lights and deformations."),
    )
    for name, default, least, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=least, flag_values=values)
    define_deformation(values)


def _define_photos(values: flags.FlagValues) -> None:
    strings = (
        (
            "photos",
            "Photo, folder or glob pattern of photos to look at instead; no truth is known.",
        ),
        ("mask", "With --photos: mask file, or folder of masks, each with its photo's stem."),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)


def _define_protocol(values: flags.FlagValues) -> None:
    flags.DEFINE_string(
        "protocol", "", "Name of the protocol, for the summary; presets set it.", flag_values=values
    )
    flags.DEFINE_integer(
        "min_objects",
        0,
        "With fewer test objects the summary notes that they are too few.",
        lower_bound=0,
        flag_values=values,
    )
