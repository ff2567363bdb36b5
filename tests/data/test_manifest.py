"""Manifests read as written; what is wrong with one is named by entry and field."""

import json

import pytest

from keypointnet_tf.data.manifest import FileEntry, parse_manifest

SHA = "0" * 63 + "a"


def manifest(**changes):
    entry = {"name": "0000", "bytes": 9, "sha256": SHA, "objects": [["a", 2], ["b", 3]]}
    return json.dumps({"format": 1, "files": [entry | changes]})


def test_entries_by_name():
    entries = parse_manifest(manifest())
    assert entries == {"0000": FileEntry("0000", 9, SHA, (("a", 2), ("b", 3)))}
    assert entries["0000"].pairs == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expecting property name"),
        ("[]", "format is 'list'; expected 1"),
        ('{"format": 2, "files": []}', "format is 2; expected 1"),
        ('{"format": 1}', "'files' is missing"),
        ('{"format": 1, "files": [3]}', "file 0: 'name' is None"),
        (manifest(name=""), "file 0: 'name' is ''"),
        (manifest(bytes=0), r"file 0 \(0000\): 'bytes' is 0"),
        (manifest(bytes="9"), "'bytes' is '9'"),
        (manifest(sha256="abc"), "'sha256' is 'abc'; expected 64 hexadecimal digits"),
        (manifest(objects=[]), r"'objects' is \[\]"),
        (manifest(objects=[["a", 0]]), r"'objects' holds \['a', 0\]"),
        (manifest(objects=[["a", True]]), r"'objects' holds \['a', True\]"),
        (manifest(objects=["a"]), "'objects' holds 'a'"),
    ],
)
def test_what_is_wrong_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        parse_manifest(text)


def test_a_name_twice():
    entry = json.loads(manifest())["files"][0]
    with pytest.raises(ValueError, match="file '0000' is listed twice"):
        parse_manifest(json.dumps({"format": 1, "files": [entry, entry]}))
