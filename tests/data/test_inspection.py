"""Inspections: a sound set passes, and each damage is found by its check, at its record."""

import json
import shutil
import zipfile

import fsspec
import numpy as np
import pytest

from keypointnet_tf.data import records, schema
from keypointnet_tf.data.inspection import inspect_set
from keypointnet_tf.data.inspection_checks import CHECKS, ERROR
from keypointnet_tf.data.inspection_text import report_lines
from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig

SIZE, PAIRS = 32, 4


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Four cars with four pairs each: two for training, one each for dev and test."""
    folder = tmp_path_factory.mktemp("rendered")
    views = PairConfig(size=SIZE)
    job = RenderJob(shapes="car", objects=4, pairs=PAIRS, views=views, dev_count=1, test_count=1)
    run_job(job, folder, workers=1, progress=False)
    return folder


@pytest.fixture
def folder(rendered, tmp_path):
    """A copy to damage, without its manifest."""
    copy = shutil.copytree(rendered, tmp_path / "set")
    (copy / "manifest.json").unlink()
    return copy


def inspected(folder, **arguments):
    return inspect_set(folder, progress=False, **arguments)


def found(inspection, severity=ERROR):
    """Names of the checks that found something."""
    everything = inspection.findings.found.items()
    return {name for name, items in everything if items and CHECKS[name].severity == severity}


def places(inspection, check):
    """File name, record and field of each finding."""
    return [
        (f.file.rpartition("/")[2], f.record, f.field) for f in inspection.findings.found[check]
    ]


def rewrite(folder, name, change, only=None):
    """Changes the features of some records of a file."""
    path = folder / f"{name}.tfrecord"
    features = list(records.read_records(path))
    for index, record in enumerate(features):
        if only is None or index in only:
            change(record)
    records.write_records(path, features)


def names_of(folder, split):
    return (folder / f"{split}.txt").read_text().split()


def test_a_sound_set(rendered):
    inspection = inspected(rendered)
    assert found(inspection) == set() and not inspection.findings.failed()
    holds = inspection.holds
    assert (holds["category"], holds["objects"], holds["pairs"], holds["files"]) == (
        "car",
        4,
        16,
        4,
    )
    assert holds["splits"] == {
        "train": {"files": 2, "objects": 2, "pairs": 8},
        "dev": {"files": 1, "objects": 1, "pairs": 4},
        "test": {"files": 1, "objects": 1, "pairs": 4},
    }
    assert (holds["image_size"], holds["records_up"], holds["up_source"]) == (
        SIZE,
        "z",
        "meta.json",
    )
    assert holds["landmarks"] == len(holds["landmark_names"]) == 22
    assert holds["focal_lengths"]["distinct"] == [pytest.approx(22.9, abs=0.01)]
    cameras = inspection.cameras
    assert cameras["distance"]["mean"] == pytest.approx(30, abs=0.2)
    assert -1 < cameras["elevation"]["min"] < cameras["elevation"]["max"] < 91
    assert cameras["off_aim"]["max"] < 0.2 * np.sqrt(3)
    looked = inspection.findings.looked
    assert (looked["rigid"], looked["framing"], looked["file_checksum"]) == (32, 16, 4)
    assert len({pair.object_id for pair in inspection.examples}) == 4
    assert json.loads(json.dumps(inspection.as_json()))["passed"] is True
    assert report_lines(inspection)[-1] == "all is well"


def test_where_the_set_lies_makes_no_difference(rendered, tmp_path):
    fs = fsspec.filesystem("memory")
    fs.put(str(rendered), "/inspected", recursive=True)
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in rendered.iterdir():
            archive.write(file, f"set/{file.name}")
    reports = []
    for location in (rendered, "memory://inspected", tmp_path / "set.zip"):
        report = json.dumps(inspected(location).as_json())
        reports.append(json.loads(report))
        del reports[-1]["holds"]["location"]
        for check in reports[-1]["checks"]:
            for finding in check["findings"]:
                finding["file"] = finding["file"].partition("::")[0].rpartition("/")[2]
    fs.rm("/inspected", recursive=True)
    assert reports[0] == reports[1] == reports[2]


def test_processes_find_the_same(folder):
    rewrite(folder, "0001", lambda record: record.pop("mvi1"), only=[2])
    reports = [inspected(folder, workers=workers).as_json() for workers in (1, 2)]
    assert reports[0] == reports[1] and not reports[0]["passed"]


def test_a_published_zip_without_our_features(tmp_path, handmade):
    pairs = {f"{n:04d}": [handmade.make_pair(10 * n + i, 16) for i in range(3)] for n in range(4)}
    (tmp_path / "cars").mkdir()
    handmade.write_published(tmp_path / "cars", pairs)
    with zipfile.ZipFile(tmp_path / "cars.zip", "w") as archive:
        for file in (tmp_path / "cars").iterdir():
            archive.write(file, f"cars_with_keypoints/{file.name}")
    inspection = inspected(tmp_path / "cars.zip")
    holds = inspection.holds
    assert (holds["records_up"], holds["up_source"], holds["landmarks"]) == ("y", "cameras", 0)
    assert (holds["objects"], holds["pairs"], holds["category"]) == (4, 12, "")
    assert inspection.cameras["elevation"]["min"] > -1  # turned to z up
    # The pictures are noise on the lower half, which no box of a unit cube explains.
    assert found(inspection) <= {"mask_in_box"}


def enlarged(record):
    for view in range(2):
        image = schema.decode_png(record[f"img{view}"][0], "", where="")
        record[f"img{view}"] = schema.encode_png(image.repeat(2, axis=0).repeat(2, axis=1))


def emptied(record):
    record["img1"] = schema.encode_png(np.zeros((SIZE, SIZE, 4), np.uint8))


def moved(record):
    """The camera of view 0 stands 2 to the side, and the inverse with it."""
    pose = record["mv0"].reshape(4, 4).astype(float)
    pose[0, 3] += 2
    record["mv0"] = pose.astype(np.float32)
    record["mvi0"] = placement.invert_pose(pose).astype(np.float32)


def tilted(record):
    """Another up axis than the landmarks and pictures have."""
    turn = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
    for view in range(2):
        pose = record[f"mv{view}"].reshape(4, 4) @ turn
        record[f"mv{view}"] = pose.astype(np.float32)
        record[f"mvi{view}"] = placement.invert_pose(pose).astype(np.float32)


def doubled(record):
    for name in ("img", "mv", "mvi"):
        record[f"{name}1"] = record[f"{name}0"]


def shrunk(record):
    record["f0"], record["f1"] = [3 * float(record["f0"][0])], [3 * float(record["f1"][0])]
    record.pop("landmarks")


def text_after(name, value):
    return lambda record: record.update({name: value})


@pytest.mark.parametrize(
    ("change", "check", "field"),
    [
        (lambda record: record.pop("mvi1"), "fields", "mvi1"),
        (text_after("mv0", [1.0] * 9), "fields", "mv0"),
        (text_after("f1", [-1.0]), "fields", "f1"),
        (text_after("landmarks", [1.0, 2.0]), "fields", "landmarks"),
        (text_after("object_id", b"\xff"), "fields", "object_id"),
        (text_after("mv1", 1.3 * np.eye(4)), "rigid", "mv1"),
        (text_after("mvi0", np.eye(4)), "inverse", "mvi0"),
        (text_after("img1", b"no picture"), "images", "img1"),
        (lambda record: record.update(img1=record["img1"][0][:70]), "images", "img1"),
        (enlarged, "image_size", "img0"),
        (text_after("landmarks", np.zeros(12)), "landmark_count", "landmarks"),
        (emptied, "empty_mask", "img1"),
        (doubled, "pair_views", "img1"),
    ],
)
def test_each_damage_is_found_where_it_is(folder, change, check, field):
    rewrite(folder, "0001", change, only=[1, 3])
    inspection = inspected(folder)
    assert found(inspection) == {check} and inspection.findings.failed()
    here = [place for place in places(inspection, check) if place[2] == field]
    assert here == [("0001.tfrecord", 1, field), ("0001.tfrecord", 3, field)]
    assert inspection.findings.looked["framing"] == 16
    lines = report_lines(inspection)
    assert lines[-1] == "FAILED"
    assert any(f"0001.tfrecord: record 1: {field}: " in line for line in lines)


def test_several_wrong_fields_of_one_record_are_all_told(folder):
    def change(record):
        record.update(mv0=1.3 * np.eye(4), mvi1=np.eye(4), img1=b"no picture", f0=[0.0])

    rewrite(folder, "0002", change, only=[0])
    inspection = inspected(folder)
    assert found(inspection) == {"rigid", "inverse", "images", "fields"}


def test_a_camera_elsewhere_does_not_fit(folder):
    rewrite(folder, "0001", moved, only=[1])
    inspection = inspected(folder)
    assert found(inspection) == {"mask_in_box"} | (found(inspection) & {"landmarks_on_mask"})
    assert places(inspection, "mask_in_box") == [("0001.tfrecord", 1, "img0")]


def test_cameras_of_another_up_axis_do_not_fit(folder):
    for name in ("0000", "0001", "0002", "0003"):
        rewrite(folder, name, tilted)
    inspection = inspected(folder)
    assert "landmarks_by_object" in found(inspection)
    assert "is the up axis" in inspection.findings.found["landmarks_by_object"][-1].message


def test_a_wrong_focal_length_makes_objects_too_small(folder):
    rewrite(folder, "0001", shrunk)
    inspection = inspected(folder)
    assert found(inspection) == {"mask_size"}
    assert "car_0_000001" in inspection.findings.found["mask_size"][0].message
    assert len(inspection.findings.found["focal"]) == PAIRS


def test_focal_lengths_that_vary_on_purpose_do_not_warn(folder):
    meta = json.loads((folder / "meta.json").read_text())
    meta["views"]["field_of_view_range"] = [2, 9]
    (folder / "meta.json").write_text(json.dumps(meta))
    rewrite(folder, "0001", shrunk)
    assert not inspected(folder).findings.found["focal"]


def test_repeated_views_warn_and_fail_where_strict(folder):
    path = folder / "0001.tfrecord"
    path.write_bytes(path.read_bytes() * 2)
    inspection = inspected(folder)
    assert found(inspection) == set()
    assert found(inspection, "warning") >= {"repeated_images", "repeated_poses"}
    assert places(inspection, "repeated_images")[0] == ("0001.tfrecord", PAIRS, "img0")
    assert not inspection.findings.failed() and inspection.findings.failed(strict=True)


def test_an_object_in_two_splits(folder):
    train, dev = names_of(folder, "train")[0], names_of(folder, "dev")[0]
    shutil.copy(folder / f"{train}.tfrecord", folder / "0009.tfrecord")
    (folder / "dev.txt").write_text(f"{dev}\n0009\n")
    inspection = inspected(folder)
    assert found(inspection) == {"object_splits", "shared_images"}
    assert len(inspection.findings.found["shared_images"]) == 2 * PAIRS


def test_listed_files_must_be_there(folder):
    (folder / "test.txt").write_text("0003\n0042\n")
    inspection = inspected(folder)
    assert "listed_files" in found(inspection)
    assert places(inspection, "listed_files") == [("test.txt", None, None)]
    assert "0042" in inspection.findings.found["listed_files"][0].message


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("meta.json", "{"),
        ("projection.txt", "1 2 3"),
        ("dev.txt", b"\xff\xfe\xff"),
        ("manifest.json", '{"format": 7}'),
    ],
)
def test_damaged_side_files_do_not_stop_it(folder, file, text):
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    inspection = inspected(folder, records_up="z")
    assert "side_files" in found(inspection)
    assert places(inspection, "side_files") == [(file, None, None)]
    assert inspection.findings.looked["framing"] == 16


def test_damaged_records_are_all_told_and_the_rest_is_looked_at(folder, handmade):
    path = folder / "0001.tfrecord"
    frames = [handmade.framed(records.encode_example(r)) for r in records.read_records(path)]
    damaged = [bytearray(frame) for frame in frames]
    damaged[0][20] ^= 1
    damaged[2][20] ^= 1
    path.write_bytes(b"".join(damaged))
    inspection = inspected(folder)
    assert found(inspection) == {"framing"}
    assert [place[1] for place in places(inspection, "framing")] == [0, 2]
    assert inspection.findings.looked["rigid"] == 28
    damaged[1][2] ^= 1  # its length: what follows is lost
    path.write_bytes(b"".join(damaged))
    lost = inspected(folder).findings.found["framing"]
    assert {finding.record for finding in lost} == {0, 1}
    text = next(finding.message for finding in lost if finding.record == 1)
    assert f"{sum(map(len, frames[1:]))} bytes from there on are out of reach" in text


def test_bytes_that_are_no_example(folder, handmade):
    path = folder / "0001.tfrecord"
    path.write_bytes(path.read_bytes() + handmade.framed(b"\xff\xff\xff"))
    assert places(inspected(folder), "examples") == [("0001.tfrecord", PAIRS, None)]


def test_empty_files_are_told(folder):
    (folder / "0001.tfrecord").write_bytes(b"")
    assert "the file is empty" in inspected(folder).findings.found["framing"][0].message


def manifest_of(folder, change):
    content = json.loads((folder / "manifest.json").read_text())
    change(content["files"])
    (folder / "manifest.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda files: files[1].update(sha256="0" * 64), {"file_checksum"}),
        (lambda files: files[1].update(bytes=5), {"file_bytes"}),
        (lambda files: files[1].update(objects=[["car_0_000001", 9]]), {"manifest_objects"}),
        (lambda files: files[1].update(objects=[["other", 4]]), {"manifest_objects"}),
        (lambda files: files.pop(), {"manifest_files"}),
        (lambda files: files.append({**files[0], "name": "0077"}), {"listed_files"}),
    ],
)
def test_what_differs_from_the_manifest(rendered, tmp_path, change, expected):
    copy = shutil.copytree(rendered, tmp_path / "set")
    manifest_of(copy, change)
    assert found(inspected(copy)) == expected


def test_one_split_and_few_pairs(rendered):
    inspection = inspected(rendered, split="dev")
    assert inspection.holds["objects"] == 1 and inspection.holds["pairs_looked_at"] == 4
    few = inspected(rendered, limit=6)
    assert few.holds["pairs_looked_at"] == 6 and few.holds["pairs"] == 16
    assert few.findings.looked["file_checksum"] == 0
    assert inspected(rendered, limit=2).holds["pairs_looked_at"] == 2


def test_an_up_axis_that_cannot_be_told(folder):
    meta = json.loads((folder / "meta.json").read_text())
    del meta["records_up"]
    (folder / "meta.json").write_text(json.dumps(meta))
    assert inspected(folder).holds["up_source"] == "cameras"
    pose = placement.look_at([20, 20, 20]).astype(np.float32)

    def from_one_side(record):
        for view in range(2):
            record.update({f"mv{view}": pose, f"mvi{view}": placement.invert_pose(pose)})

    for name in ("0000", "0001", "0002", "0003"):
        rewrite(folder, name, from_one_side)
    inspection = inspected(folder)
    assert "up_axis" in found(inspection) and inspection.holds["up_source"] == "assumed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "val"}, "split is 'val'"),
        ({"limit": 0}, "limit 0"),
        ({"records_up": "x"}, "records_up is 'x'"),
        ({"workers": -1}, "workers is -1"),
    ],
)
def test_refuses(rendered, arguments, message):
    with pytest.raises(ValueError, match=message):
        inspected(rendered, **arguments)


def test_a_folder_without_records(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(ValueError, match=r"holds \['notes.md'\]; expected .tfrecord files"):
        inspected(tmp_path)
