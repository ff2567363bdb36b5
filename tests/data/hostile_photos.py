"""Image files that nobody should have to trust, and odd ones that must be read, written from code.

`write_all(folder)` writes `REFUSED`, whose values are what the message must say, and `READ`, whose
values are width and height as they are seen.
"""

import io
import os
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MEGABYTE = 1 << 20
REFUSED = {
    "empty.png": "it is empty, 0 bytes",
    "text.png": "cannot identify",
    "drawing.png": "cannot identify",  # SVG
    "cut.png": "truncated|broken",
    "cut.jpg": "truncated",
    "signature.png": "cannot",
    "wide.png": "900000000 pixels",
    "wide.webp": "it is 9000 x 9000 pixels",
    "wide.jp2": "900000000 pixels",
    "inside.jp2": "broken",
    "line.png": "it is 65536 x 1 pixels",
    "lost.png": "No such file",
    "loop.png": "symbolic links",
    "long_text.png": "Decompressed data too large",
    "long_profile.png": "Decompressed data too large",
    "sparse.png": "bytes; expected at most",
}
READ = {
    "cmyk.jpg": (31, 20),
    "moving.gif": (31, 20),
    "moving.webp": (31, 20),
    "moving.png": (31, 20),
    "grey16.png": (31, 20),
    "color16.png": (31, 20),
    "palette.png": (31, 20),
    "turned.jpg": (20, 31),
    "point.png": (1, 1),
    "row.png": (65535, 1),
    "column.png": (1, 65535),
    "long_pixels.png": (31, 20),
    "largest.png": (12000, 9000),
}
NOT_UTF8 = b"caf\xe9.png"


def write_all(folder):
    """Writes every file into a folder that exists, and a folder that is named like a picture."""
    folder = pathlib.Path(folder)
    (folder / "folder.png").mkdir()
    picture().save(folder / os.fsdecode(NOT_UTF8), "PNG")
    _write_plain(folder)
    _write_modes(folder)
    _write_large(folder)
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")


def picture(seed=0):
    """RGB noise of 31 x 20 pixels."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 31, 3), np.uint8))


def _write_plain(folder):
    """What is no image, or half of one."""
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_bytes(b"no image at all\n" * 50)
    (folder / "drawing.png").write_text('<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>')
    (folder / "signature.png").write_bytes(SIGNATURE)
    for suffix in ("png", "jpg"):
        data = encoded(picture().resize((200, 200)), Image.registered_extensions()[f".{suffix}"])
        (folder / f"cut.{suffix}").write_bytes(data[: len(data) // 2])


def _write_modes(folder):
    """Modes and containers that a viewer shows."""
    first, second = picture(), picture(seed=1)
    first.convert("CMYK").save(folder / "cmyk.jpg")
    for suffix in ("gif", "webp", "png"):
        first.save(folder / f"moving.{suffix}", save_all=True, append_images=[second])
    palette = first.quantize(16)
    palette.save(folder / "palette.png", transparency=3)
    exif = Image.Exif()
    exif[0x0112] = 6
    first.save(folder / "turned.jpg", exif=exif)
    Image.new("RGB", (1, 1), (9, 9, 9)).save(folder / "point.png")
    Image.new("L", (65535, 1), 9).save(folder / "row.png")
    Image.new("L", (1, 65535), 9).save(folder / "column.png")
    Image.new("1", (65536, 1)).save(folder / "line.png")
    for name, kind, channels in (("grey16", 0, 1), ("color16", 2, 3)):
        rows = np.full((20, 31 * channels), 40_000, ">u2")
        data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
        (folder / f"{name}.png").write_bytes(png(31, 20, data, depth=16, kind=kind))


def _write_large(folder):
    """Few bytes that promise, or unpack to, very many."""
    row = zlib.compress(bytes(1 + 31 * 3) * 20)
    (folder / "wide.png").write_bytes(png(30_000, 30_000, row))
    (folder / "long_pixels.png").write_bytes(png(31, 20, zeros(3000 * MEGABYTE)))
    text = chunk(b"zTXt", b"Comment\0\0" + zeros(1500 * MEGABYTE))
    (folder / "long_text.png").write_bytes(png(31, 20, row, text))
    profile = chunk(b"iCCP", b"profile\0\0" + zeros(1500 * MEGABYTE))
    (folder / "long_profile.png").write_bytes(png(31, 20, row, profile))
    (folder / "largest.png").write_bytes(png(12_000, 9_000, zeros(9_000 * (1 + 12_000 * 3))))
    Image.new("L", (9000, 9000)).save(folder / "wide.webp", method=0)
    _write_wide_jpeg2000(folder)
    with open(folder / "sparse.png", "wb") as file:
        file.write(SIGNATURE + ihdr(31, 20) + struct.pack(">I", 900 * MEGABYTE) + b"tEXt")
        file.truncate(901 * MEGABYTE)


def _write_wide_jpeg2000(folder):
    """Two headers, of container and codestream: both promise much, or only the second."""
    inside, outside = struct.pack(">II", 31, 20), b"ihdr" + struct.pack(">II", 20, 31)
    wide = struct.pack(">II", 30_000, 30_000)
    data = encoded(picture(), "JPEG2000").replace(b"\xff\x51\0\x2f\0\0" + inside, b"SIZ")
    assert b"SIZ" in data
    data = data.replace(b"SIZ", b"\xff\x51\0\x2f\0\0" + wide)
    (folder / "inside.jp2").write_bytes(data)
    (folder / "wide.jp2").write_bytes(data.replace(outside, b"ihdr" + wide))


def encoded(image, kind):
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def zeros(count):
    """`count` zero bytes as a zlib stream, made from one compressed block that is repeated."""
    whole, rest = divmod(count, MEGABYTE)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(bytes(rest)) + packer.flush()
    adler32 = (count % 65521 << 16) + 1
    return b"\x78\xda" + block * whole + end + struct.pack(">I", adler32)


def png(width, height, data, more=b"", *, depth=8, kind=2):
    """A PNG of compressed rows and, before them, further chunks."""
    head = ihdr(width, height, depth, kind)
    return SIGNATURE + head + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def ihdr(width, height, depth=8, kind=2):
    """The chunk that declares the size."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))


def chunk(kind, data):
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
