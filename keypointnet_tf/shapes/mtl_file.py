"""Material libraries (MTL files) of OBJ files, read line by line without trust in their order.

trimesh takes one library per file and drops what it cannot decode; files in the wild name several,
with spaces, in any encoding.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import re
from collections.abc import Iterable

from keypointnet_tf.shapes.mesh_assets import AssetFolder, report, report_unreadable
from keypointnet_tf.shapes.mesh_limits import (
    MAX_LIBRARY_BYTES,
    decoded,
    read_file,
    text_lines,
)

MOST_LIBRARIES = 100

_NUMBER = r"[-+]?[\d.]+(?:[eE][-+]?\d+)?"
# What may stand before the file name of a map, such as `-s 1 1 1 -clamp on`.
_MAP_OPTIONS = re.compile(
    r"(?:-(?:(?:blendu|blendv|cc|clamp)\s+(?:on|off)|imfchan\s+[rgbmlz]|type\s+\w+"
    rf"|(?:bm|boost|texres)\s+{_NUMBER}|(?:mm|o|s|t)(?:\s+{_NUMBER}){{1,3}})\s+)+",
    re.IGNORECASE,
)
_LIBRARY_NAMES = re.compile(r"\S.*?\.mtl(?=\s|$)", re.IGNORECASE)


@dataclasses.dataclass
class MtlMaterial:
    """A material as its library tells it.

    Attributes:
      name: after `newmtl`, spaces included.
      source: the library.
      color: `Kd`, each in [0, 1], or None.
      dissolve: `d`, 1 for opaque, or None.
      transparency: `Tr`, 0 for opaque, or None.
      texture: file of `map_Kd`, "" without.
      opacity_texture: file of `map_d`, "" without.
    """

    name: str
    source: pathlib.Path
    color: tuple[float, float, float] | None = None
    dissolve: float | None = None
    transparency: float | None = None
    texture: str = ""
    opacity_texture: str = ""

    @property
    def opacity(self) -> float:
        """`d`; where that is not given, 1 - `Tr`."""
        return 1.0 - (self.transparency or 0.0) if self.dissolve is None else self.dissolve


def read_libraries(lines: Iterable[str], assets: AssetFolder) -> dict[str, MtlMaterial]:
    """The materials of all libraries that an OBJ file names; of one name, the first.

    Args:
      lines: what follows each `mtllib`: one name, with or without spaces, or several.
      assets: of the OBJ file; reports the libraries that cannot be read.
    """
    found: dict[str, MtlMaterial] = {}
    for name in _library_names(dict.fromkeys(lines), assets):
        try:
            path = _find(name, assets)
            materials = parse_mtl(read_file(path, MAX_LIBRARY_BYTES), path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            report_unreadable(assets.source, name, reason)
            continue
        found = materials | found
    return found


def parse_mtl(data: bytes, source: pathlib.Path) -> dict[str, MtlMaterial]:
    """The materials of one library; statements that make no sense are passed over."""
    found: dict[str, MtlMaterial] = {}
    material = MtlMaterial("", source)  # Holds statements before the first `newmtl`.
    for line in text_lines(data):
        key, _, rest = line.replace(b"\t", b" ").partition(b" ")
        key, rest = key.lower().decode("latin-1"), decoded(rest).strip()
        if key == "newmtl":
            material = MtlMaterial(rest, source)
            found.setdefault(rest, material)
        elif rest:
            _apply(key, rest, material)
    _mend_opacity(found.values(), source)
    return found


def _apply(key: str, rest: str, material: MtlMaterial) -> None:
    """Takes over one statement."""
    if key == "kd":
        material.color = _color(rest) or material.color
    elif key == "d":
        material.dissolve = _last_share(rest)
    elif key == "tr":
        material.transparency = _last_share(rest)
    elif key == "map_kd":
        material.texture = _map_file(rest)
    elif key == "map_d":
        material.opacity_texture = _map_file(rest)


def _mend_opacity(materials: Iterable[MtlMaterial], source: pathlib.Path) -> None:
    """Takes a library in which nothing could be seen to mean the opposite."""
    materials = list(materials)
    if materials and all(material.opacity == 0 for material in materials):
        report(source, "declares every material fully transparent; all are drawn opaque")
        for material in materials:
            material.dissolve = 1.0


def _library_names(lines: Iterable[str], assets: AssetFolder) -> list[str]:
    names: dict[str, None] = {}
    for line in lines:
        whole = line.strip().strip("\"'")
        several = [whole] if assets.has(whole) else _LIBRARY_NAMES.findall(whole)
        names.update(dict.fromkeys(several or [whole]))
    if len(names) > MOST_LIBRARIES:
        report(assets.source, f"names {len(names):,} libraries; {MOST_LIBRARIES} are read")
    return [name for name in names if name][:MOST_LIBRARIES]


def _find(name: str, assets: AssetFolder) -> pathlib.Path:
    """The library's path: below the folder of the OBJ file, as material libraries have to be.

    Of a path on the exporter's own disk, the name in the OBJ file's folder.
    """
    if re.match(r"[A-Za-z]:[\\/]|[\\/]", name):
        name = re.split(r"[\\/]", name)[-1]
    path = assets.find(name)
    if not assets.holds(path):
        raise ValueError("outside the folder of the mesh")
    return path


def _map_file(rest: str) -> str:
    options = _MAP_OPTIONS.match(rest)
    return rest[options.end() :].strip() if options else rest


def _color(rest: str) -> tuple[float, float, float] | None:
    """Three shares, or one for all; None for a spectral curve, or too few or odd numbers."""
    values = _shares(rest)
    values = values * 3 if len(values) == 1 else values
    return tuple(values[:3]) if len(values) >= 3 else None


def _last_share(rest: str) -> float | None:
    """The last number."""
    return next(iter(_shares(rest)[-1:]), None)


def _shares(rest: str) -> list[float]:
    """The leading finite numbers, cut to [0, 1], after options such as `-halo`."""
    values = []
    for word in rest.split()[:8]:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            values.append(min(max(value, 0.0), 1.0))
        elif values or not word.startswith("-"):
            break
    return values
