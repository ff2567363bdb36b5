"""What a training reads: endless batches from any step on, a fixed validation set, and what
prediction must know of the data later.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import keras
import numpy as np

from keypointnet_tf.data.array_dataset import ArrayDataset
from keypointnet_tf.data.batch_parts import BatchParts
from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.domain_randomization import Randomizer
from keypointnet_tf.data.on_the_fly import RenderedPairs
from keypointnet_tf.data.pair_source import PairSource, ProceduralObjects
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.discovery.config import TrainConfig
from keypointnet_tf.discovery.distribution import Devices
from keypointnet_tf.discovery.schedules import Schedule
from keypointnet_tf.rendering.pairs import PairConfig

MEMORY_LIMIT_BYTES = 4 * 2**30
INPUTS = ("auto", "memory", "stream")
# Objects for training on the fly and their validation are drawn with seeds of their own, so that
# none of them is in a set rendered with the same --seed.
TRAINING_SEED, VALIDATION_SEED = 2**30, 2**31


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """The data side of a training.

    Attributes:
      batches: first global step -> endless data set of batch dictionaries, a function of the step.
      validation: fixed pairs of objects that are not trained on.
      info: kept in the model: `category`, `object_share` (mean larger side of the objects' boxes,
        share of the frame), mean `focal`, and nominal `distance` of the cameras.
      description: what identifies the data in `config.json`; a run goes on only with the same.
      notes: kept in `config.json` and not compared.
      change: what is done to validation batches with alpha, as to those of training; or None.
    """

    batches: Callable[[int], object]
    validation: PairArrays
    info: dict
    description: dict
    notes: dict = dataclasses.field(default_factory=dict)
    change: Randomizer | None = None


def from_records(
    folder: str | os.PathLike,
    config: TrainConfig,
    *,
    records_up: str = "auto",
    reading: str = "auto",
    cache_dir: str | os.PathLike | None = None,
) -> TrainingData:
    """Training on the train split of a record folder, validated on its dev split.

    Args:
      folder: a record set: a folder, a zip of one, or an fsspec URL.
      config: gives image size, batch size, seed, and the number of validation pairs.
      records_up: "auto", "y" or "z", see `RecordSet`.
      reading: "memory" holds all pairs as arrays, "stream" reads with tf.data, "auto" takes
        memory up to 4 GiB of images.
      cache_dir: folder for copies of remote files.

    Raises:
      ValueError: the set is damaged, has no training or dev records, or lacks the landmarks that
        the configuration learns from.
    """
    record_set = RecordSet(folder, records_up=records_up, cache_dir=cache_dir)
    for split in ("train", "dev"):
        if not record_set.names(split):
            raise ValueError(
                f"{record_set.folder}: split {split!r} is empty; training needs train and dev: "
                f"list some record names in {split}.txt, or render again with --dev_count=1 or more"
            )
    chosen = spread(record_set.count("dev"), config.validation_pairs)
    validation = PairArrays.from_record_set(record_set, "dev", indices=chosen)
    check_landmarks(validation, config, str(record_set.folder))
    change = randomizer(config)
    needed = record_set.count("train") * 8 * record_set.size**2
    if reading == "stream" or (reading == "auto" and needed > MEMORY_LIMIT_BYTES):
        batches = _streamed(record_set, config, change)
    else:
        batches = in_memory(PairArrays.from_record_set(record_set, "train"), config, change)
    category = record_set.meta.get("category", "")
    description = {"records": record_set.fingerprint(), "records_up": record_set.records_up}
    notes = {"data_dir": record_set.folder}
    nominal = record_set.meta.get("camera", {}).get("distance")
    info = data_info(validation, category, nominal_distance=nominal)
    return TrainingData(batches, validation, info, description, notes, change)


def rendered(
    category: str,
    config: TrainConfig,
    *,
    pair_config: PairConfig | None = None,
    objects: int | None = None,
    workers: int = 1,
) -> TrainingData:
    """Training on fresh pairs of a procedural category, rendered while the model learns.

    Args:
      category: "plane", "car" or "chair".
      config: gives image size, batch size, seed, and the number of validation pairs.
      pair_config: how pairs are rendered; its size is replaced by the model's, and the largest
        angle between training views by `config.max_angle`.
      objects: size of the pool of objects, None for endless new ones.
      workers: render processes that work ahead; 0 renders in the training process.

    Raises:
      ValueError: the configuration is of supervised training, which reads records.
    """
    if config.loss.supervised:
        raise ValueError("supervised training reads records; expected --data_dir, not --shapes")
    pair_config = dataclasses.replace(pair_config or PairConfig(), size=config.model.size)
    change = randomizer(config)
    source = PairSource(
        ProceduralObjects(category, TRAINING_SEED + config.seed),
        change=change,
        objects=objects,
        steps_per_object=8,
        seed=config.seed,
        batch_size=config.batch_size,
        config=AngleSchedule(pair_config, config.max_angle, config.steps),
    )
    held_out = PairSource(
        ProceduralObjects(category, VALIDATION_SEED + config.seed),
        seed=VALIDATION_SEED,
        batch_size=config.batch_size,
        config=pair_config,
    )
    steps = -(-config.validation_pairs // config.batch_size)
    pairs = (pair for step in range(steps) for pair in held_out.pairs(step))
    arrays = PairArrays.from_pairs(
        pairs, count=steps * config.batch_size, description="render validation pairs"
    )
    validation = take(arrays, np.arange(config.validation_pairs))

    def batches(first_step: int):
        return RenderedPairs(
            source, first_step=first_step, workers=workers, use_multiprocessing=workers > 0
        )

    description = {
        "shapes": category,
        "objects": objects,
        "pairs": _plain(pair_config.as_dict()),
    }
    info = data_info(validation, category, nominal_distance=pair_config.sampling.distance)
    return TrainingData(batches, validation, info, description, change=change)


def randomizer(config: TrainConfig) -> Randomizer | None:
    """The domain randomisation of a configuration, None where nothing is changed.

    Raises:
      ValueError: the background folder holds no photo, or one cannot be read.
    """
    if not config.randomization.active:
        return None
    return Randomizer(config.randomization, config.model.size, seed=config.seed, progress=True)


@dataclasses.dataclass(frozen=True)
class AngleSchedule:
    """Step -> pair configuration, with the largest angle between the views as a schedule.

    Attributes:
      pairs: everything else.
      max_angle: degrees over training progress.
      steps: of the whole training.
    """

    pairs: PairConfig
    max_angle: Schedule
    steps: int

    def __call__(self, step: int) -> PairConfig:
        angle = self.max_angle.at(min(step / self.steps, 1.0))
        sampling = dataclasses.replace(self.pairs.sampling, max_angle_degrees=angle)
        return dataclasses.replace(self.pairs, sampling=sampling)


def in_memory(
    arrays: PairArrays, config: TrainConfig, change: Randomizer | None = None
) -> Callable[[int], ArrayDataset]:
    """First step -> endless shuffled batches of pairs held in memory."""

    def batches(first_step: int) -> ArrayDataset:
        return ArrayDataset(
            arrays,
            batch_size=config.batch_size,
            size=config.model.size,
            seed=config.seed,
            first_step=first_step,
            workers=1,
            landmarks=config.loss.supervised,
            change=change,
        )

    return batches


def check_landmarks(arrays: PairArrays, config: TrainConfig, where: str) -> None:
    """Raises ValueError where supervised training lacks its landmarks, one per keypoint."""
    if not config.loss.supervised:
        return
    found = 0 if arrays.landmarks is None else arrays.landmarks.shape[1]
    if found != config.model.num_keypoints:
        raise ValueError(
            f"{where}: holds {found} landmarks; supervised training of "
            f"{config.model.num_keypoints} keypoints expects as many: set num_keypoints to that"
        )


def _streamed(
    record_set: RecordSet, config: TrainConfig, change: Randomizer | None
) -> Callable[[int], object]:
    if config.loss.supervised:
        raise ValueError(
            f"{record_set.folder}: supervised training holds records in memory; expected "
            "--reading=memory"
        )
    try:
        from keypointnet_tf.data.tf_pipeline import tf_dataset
    except ImportError as error:
        raise ValueError(
            f"{record_set.folder}: streaming records needs TensorFlow ({error}); install it, or "
            "hold the records in memory with --reading=memory"
        ) from error

    def batches(first_step: int):
        return tf_dataset(
            record_set,
            "train",
            batch_size=config.batch_size,
            size=config.model.size,
            seed=config.seed,
            first_step=first_step,
            change=change,
        )

    return batches


def data_info(arrays: PairArrays, category: str, *, nominal_distance: float | None = None) -> dict:
    """What prediction needs: see `TrainingData.info`; a distance not told is measured."""
    distances = np.linalg.norm(arrays.object_to_camera[:, :, :3, 3], axis=-1)
    return {
        "category": category,
        "object_share": float(np.mean([object_share(v) for p in arrays.images for v in p])),
        "focal": float(np.mean(arrays.focal)),
        "distance": float(nominal_distance or np.round(np.mean(distances), 1)),
    }


def object_share(image: np.ndarray) -> float:
    """Larger side of the box of `alpha > 0` as a share of the frame; 0 for an empty image."""
    rows, columns = np.nonzero(image[..., 3])
    if not len(rows):
        return 0.0
    return float(max(np.ptp(rows), np.ptp(columns)) + 1) / image.shape[0]


def spread(available: int, wanted: int) -> np.ndarray:
    """`[min(wanted, available)]` indices spread evenly over `available` items."""
    return np.linspace(0, available - 1, min(wanted, available)).round().astype(int)


def take(arrays: PairArrays, indices: np.ndarray) -> PairArrays:
    """The pairs at `indices`."""
    values = {f.name: getattr(arrays, f.name) for f in dataclasses.fields(arrays)}
    return PairArrays(**{k: None if v is None else v[indices] for k, v in values.items()})


def in_parts(dataset: object, config: TrainConfig, devices: Devices) -> object:
    """The batches of a data set cut into the parts that the configuration runs one by one.

    Of each part a process gets its own rows.
    """
    parts, processes = config.accumulate, devices.processes
    if parts * processes == 1:
        return dataset
    if isinstance(dataset, keras.utils.PyDataset):
        return BatchParts(dataset, parts, processes=processes, process=devices.process)
    shares = dataset.rebatch(config.pairs_at_once // processes)
    return shares.shard(processes, devices.process) if processes > 1 else shares


def _plain(value):
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return list(value) if isinstance(value, tuple) else value


def close(dataset: object) -> None:
    """Stops a data set's workers, where it has any."""
    if isinstance(dataset, keras.utils.PyDataset) and hasattr(dataset, "close"):
        dataset.close()
