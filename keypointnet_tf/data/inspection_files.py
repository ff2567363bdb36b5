"""Record files looked at as wholes: their frames, their sizes and checksums, what they hold."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

from keypointnet_tf.data.inspection_checks import Finding, Findings
from keypointnet_tf.data.inspection_sides import SideFiles
from keypointnet_tf.data.manifest import MANIFEST_FILE, FileEntry
from keypointnet_tf.data.record_frames import walk_frames
from keypointnet_tf.data.record_index import Location
from keypointnet_tf.data.storage import Storage

_CHUNK = 1 << 20


def walk_file(
    storage: Storage, name: str, sides: SideFiles
) -> tuple[list[Location], Finding | None]:
    """The records of a file as far as its framing can be followed, and what ends that."""
    file, places, size = f"{name}.tfrecord", [], 0
    path, ids = storage.locate(file), _ids(name, sides)
    try:
        size = storage.size(file)
        with storage.ranges(file) as read_at:
            for offset, end in walk_frames(read_at, size, where=path):
                places.append(Location(name, len(places), offset, end - offset, next(ids, "")))
    except (ValueError, OSError) as error:
        left = size - (places[-1].offset + places[-1].length if places else 0)
        text = str(error).removeprefix(f"{path}: ").removeprefix(f"record {len(places)}: ")
        text += f"; {left} bytes from there on are out of reach"
        return places, Finding("framing", path, text, len(places))
    return places, None


def _ids(name: str, sides: SideFiles) -> Iterator[str]:
    """Object of each record of a file as the side files say."""
    if not sides.manifest:
        return itertools.repeat(sides.object_ids[name])
    entry = sides.manifest.get(name)
    objects = entry.objects if entry else ()
    return itertools.chain.from_iterable(itertools.repeat(*item) for item in objects)


def check_file(
    storage: Storage, entry: FileEntry, records: int | None, findings: Findings, *, whole: bool
) -> None:
    """Compares a file with its entry in the manifest.

    Args:
      storage: the folder.
      entry: of the file.
      records: how many it holds; None where the framing is lost on the way.
      findings: takes what is wrong.
      whole: whether to read the whole file for its checksum.
    """
    file = f"{entry.name}.tfrecord"
    path = storage.locate(file)
    findings.count("manifest_objects")
    if records not in (None, entry.pairs):
        text = f"holds {records} records; expected {entry.pairs} as in {MANIFEST_FILE}"
        findings.add([Finding("manifest_objects", path, text)])
    check = "file_bytes"
    try:
        findings.count(check)
        if (size := storage.size(file)) != entry.bytes:
            text = f"has {size} bytes; expected {entry.bytes} as in {MANIFEST_FILE}"
            findings.add([Finding(check, path, text)])
        check = "file_checksum"
        if whole:
            findings.count(check)
            found = _sha256(storage, file)
            if found != entry.sha256:
                text = f"is {found}; expected {entry.sha256} as in {MANIFEST_FILE}"
                findings.add([Finding(check, path, text)])
    except (ValueError, OSError) as error:
        findings.add([Finding(check, path, str(error).removeprefix(f"{path}: "))])


def _sha256(storage: Storage, file: str) -> str:
    digest = hashlib.sha256()
    with storage.open(file) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
