"""Parts of a batch are its rows, in order, for accumulation and for processes."""

import numpy as np
import pytest

from keypointnet_tf.data.batch_parts import BatchParts, rows
from keypointnet_tf.data.step_dataset import StepDataset


def batch_at(step):
    """Twelve pairs that tell their step and row."""
    row = np.arange(12)
    return {"focal0": 100.0 * step + row, "image0": np.full((12, 2), step)}


def test_parts_follow_each_other():
    parts = BatchParts(StepDataset(batch_at, first_step=5), 3)
    assert parts.num_batches is None
    found = [parts[item]["focal0"] for item in range(6)]
    np.testing.assert_array_equal(np.concatenate(found[:3]), batch_at(5)["focal0"])
    np.testing.assert_array_equal(np.concatenate(found[3:]), batch_at(6)["focal0"])
    assert {len(part) for part in found} == {4}
    assert parts[0]["image0"].shape == (4, 2)


def test_processes_share_each_part():
    """Together, in the order of the processes, they have the part of one process alone."""
    alone = BatchParts(StepDataset(batch_at), 2)
    shared = [BatchParts(StepDataset(batch_at), 2, processes=3, process=p) for p in range(3)]
    for item in range(4):
        joined = np.concatenate([parts[item]["focal0"] for parts in shared])
        np.testing.assert_array_equal(joined, alone[item]["focal0"])


def test_a_batch_is_made_once_for_all_its_parts():
    calls = []
    parts = BatchParts(StepDataset(lambda step: calls.append(step) or batch_at(step)), 4)
    for item in range(8):
        parts[item]
    assert calls == [0, 1]


def test_what_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="12 pairs does not divide by 5"):
        rows(batch_at(0), 0, 5)
