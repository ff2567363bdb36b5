"""Photos of every mode and their masks: found, read, refused."""

import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.data import photos

RED, GREEN = (250, 20, 30), (10, 240, 60)


def picture(width=6, height=4):
    """RGB: left half red, right half green, so that turns show."""
    values = np.full((height, width, 3), GREEN, np.uint8)
    values[:, : width // 2] = RED
    return Image.fromarray(values)


def png16(values):
    """A 16-bit PNG of `[H, W, 1 or 3]`, which Pillow cannot write in colour."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind, data):
        sealed = kind + data
        return struct.pack(">I", len(data)) + sealed + struct.pack(">I", zlib.crc32(sealed))

    color_type = {1: 0, 3: 2}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def opaque(height, width, color):
    return np.broadcast_to(np.array([*color, 255], np.uint8), (height, width, 4))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "LA", "L", "1", "PA"])
def test_every_mode_gives_rgba(tmp_path, mode):
    source = picture().convert(mode)
    path = tmp_path / ("image.png" if mode not in ("CMYK", "PA") else "image.tif")
    source.save(path)
    assert np.array_equal(photos.read_photo(path), np.array(source.convert("RGBA")))
    if mode in ("RGB", "RGBA", "CMYK"):
        assert np.array_equal(photos.read_photo(path)[0, 0], [*RED, 255])


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    grey = np.array([[[0], [257 * 7], [65535]], [[128], [129], [32768]]])
    (tmp_path / "grey.png").write_bytes(png16(grey))
    expected = [[0, 7, 255], [0, 1, 128]]
    values = photos.read_photo(tmp_path / "grey.png")
    assert values.dtype == np.uint8 and values.shape == (2, 3, 4)
    assert np.array_equal(values[..., :3], np.repeat(np.array(expected)[..., None], 3, -1))
    (tmp_path / "color.png").write_bytes(png16(np.full((2, 3, 3), [65535, 257 * 9, 0])))
    assert np.array_equal(photos.read_photo(tmp_path / "color.png"), opaque(2, 3, (255, 9, 0)))
    Image.fromarray(grey[..., 0].astype(np.uint16)).save(tmp_path / "grey.tif")
    assert np.array_equal(photos.read_photo(tmp_path / "grey.tif")[..., 0], expected)
    (tmp_path / "grey.pgm").write_bytes(b"P5 2 1 1000\n" + np.array([0, 1000], ">u2").tobytes())
    assert photos.read_photo(tmp_path / "grey.pgm")[0, :, 0].tolist() == [0, 255]


def test_palette_with_transparency_keeps_it(tmp_path):
    image = Image.new("P", (3, 2), 1)
    image.putpalette([0, 0, 0, *RED, *GREEN])
    image.putpixel((2, 0), 2)
    image.save(tmp_path / "image.png", transparency=2)
    values = photos.read_photo(tmp_path / "image.png")
    assert values[0, 2, 3] == 0
    assert np.array_equal(values[1, 2], [*RED, 255])


def test_exif_turn_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # The stored left edge is the top of the scene.
    picture().save(tmp_path / "image.png", exif=exif)
    values = photos.read_photo(tmp_path / "image.png")
    assert values.shape == (6, 4, 4)
    assert np.array_equal(values[:3], opaque(3, 4, RED))
    assert np.array_equal(values[3:], opaque(3, 4, GREEN))


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (3, 2), color) for color in (RED, GREEN)]
    frames[0].save(tmp_path / "image.gif", save_all=True, append_images=frames[1:])
    assert np.array_equal(photos.read_photo(tmp_path / "image.gif"), opaque(2, 3, RED))


def test_what_is_no_photo_is_named(tmp_path, monkeypatch):
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)).save(whole)
    cases = {
        "empty.png": b"",
        "text.png": b"hello",
        "cut.png": whole.read_bytes()[:900],
        "head.jpg": b"\xff\xd8\xff\xe0",
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
    Image.new("F", (2, 2)).save(tmp_path / "float.tif")
    for name in [*cases, "float.tif", "absent.png", "."]:
        with pytest.raises(ValueError, match=re.escape(str(tmp_path / name))):
            photos.read_photo(tmp_path / name)
    monkeypatch.setattr(photos, "MAX_PIXELS", 1599)
    with pytest.raises(ValueError, match="it is 40 x 40 pixels.*at most 1,599"):
        photos.read_photo(whole)


def test_a_caller_may_allow_fewer_pixels(tmp_path):
    picture(6, 4).save(tmp_path / "image.png")
    assert photos.read_photo(tmp_path / "image.png", max_pixels=24).shape == (4, 6, 4)
    with pytest.raises(ValueError, match="it is 6 x 4 pixels.*at most 23 pixels"):
        photos.read_photo(tmp_path / "image.png", max_pixels=23)


def test_lines_are_no_photos(tmp_path):
    for size in ((65_536, 1), (1, 65_536)):
        Image.new("1", size).save(tmp_path / "line.png")
        with pytest.raises(ValueError, match="it is .*65,535 on a side"):
            photos.read_photo(tmp_path / "line.png")
    Image.new("1", (65_535, 1)).save(tmp_path / "line.png")
    assert photos.read_photo(tmp_path / "line.png").shape == (1, 65_535, 4)


def test_formats_that_run_programs_are_never_opened(tmp_path, monkeypatch):
    """PostScript under the name of a photo: Pillow would have Ghostscript run it."""
    picture().save(tmp_path / "page.eps")
    (tmp_path / "page.png").write_bytes((tmp_path / "page.eps").read_bytes())
    opened = []
    monkeypatch.setitem(Image.OPEN, "EPS", (lambda *a: opened.append(a), lambda prefix: True))
    with pytest.raises(ValueError, match=r"page\.png: the photo cannot be read"):
        photos.read_photo(tmp_path / "page.png")
    assert opened == []


@pytest.mark.parametrize("suffix", sorted(photos.SUFFIXES))
def test_every_named_suffix_is_read(tmp_path, suffix):
    """A folder's photos are those with these suffixes, so that each must be readable."""
    path = tmp_path / f"image{suffix}"
    kind = Image.registered_extensions().get(suffix)
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {suffix}")
    picture(32, 24).convert("1" if suffix == ".pbm" else "RGB").save(path)
    assert photos.read_photo(path).shape == (24, 32, 4)


def test_a_header_that_promises_too_much_is_refused_before_reading(tmp_path):
    for width in (12_001, 60_000):
        data = bytearray(png16(np.zeros((1, 1, 1))))
        head = b"IHDR" + struct.pack(">IIBBBBB", width, width, 16, 0, 0, 0, 0)
        data[12:33] = head + struct.pack(">I", zlib.crc32(head))
        (tmp_path / "bomb.png").write_bytes(data)
        with pytest.raises(ValueError, match=r"bomb\.png.*at most 108,000,000"):
            photos.read_photo(tmp_path / "bomb.png")


def test_photos_are_found_in_files_folders_and_patterns(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert [file.name for file in photos.find_photos(tmp_path)] == ["a.png", "b.JPG"]
    assert photos.find_photos(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
    assert photos.find_photos(tmp_path / "*.png") == [tmp_path / "a.png"]
    for nothing in ("absent.png", "*.tif", "folder.png"):
        with pytest.raises(ValueError, match=re.escape(str(tmp_path / nothing))):
            photos.find_photos(tmp_path / nothing)


def test_a_mask_has_its_photos_stem(tmp_path):
    for name in ("masks/a.png", "masks/b.png", "masks/b.gif", "a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    folder = tmp_path / "masks"
    assert photos.find_mask(folder, tmp_path / "a.jpg") == folder / "a.png"
    assert photos.find_mask(folder / "b.gif", tmp_path / "a.jpg") == folder / "b.gif"
    for photo, found in (("b.jpg", "b.gif, b.png"), ("c.jpg", "none")):
        (tmp_path / photo).write_bytes(b"")
        with pytest.raises(ValueError, match=f"{photo}.*{found}"):
            photos.find_mask(folder, tmp_path / photo)
    with pytest.raises(ValueError, match=r"a\.jpg.*none"):  # a photo is not its own mask file
        photos.find_mask(tmp_path, tmp_path / "a.jpg")


def test_masks_come_from_alpha_or_brightness(tmp_path):
    expected = np.zeros((4, 6), bool)
    expected[1:3, 2:5] = True
    bright = np.where(expected, 128, 127).astype(np.uint8)
    path = tmp_path / "mask.png"
    white = np.full_like(bright, 255)
    for values in (bright, np.dstack([white] * 3 + [bright]), np.dstack([bright] * 3 + [white])):
        Image.fromarray(values).save(path)
        assert np.array_equal(photos.read_mask(path, (6, 4)), expected)
    with pytest.raises(ValueError, match="mask is 6 x 4 pixels; the photo is 4 x 6"):
        photos.read_mask(path, (4, 6))
    Image.fromarray(expected.astype(np.uint8)).save(path)
    with pytest.raises(ValueError, match="mask.png.*largest value is 1"):
        photos.read_mask(path, (6, 4))


# === Photos in memory ===


def test_arrays_and_pictures_are_taken_as_files_are(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    expected = photos.read_photo(tmp_path / "a.png")
    for given in (tmp_path / "a.png", str(tmp_path / "a.png"), pixels, Image.fromarray(pixels)):
        np.testing.assert_array_equal(photos.as_rgba(given), expected)
    np.testing.assert_array_equal(photos.as_rgba(pixels / 255), expected)
    grey = photos.as_rgba(pixels[..., 0])
    np.testing.assert_array_equal(grey[..., :3], np.repeat(pixels[..., :1], 3, axis=-1))
    clear = np.dstack([pixels, np.full((5, 7), 9, np.uint8)])
    np.testing.assert_array_equal(photos.as_rgba(clear), clear)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (np.full((4, 4, 3), 2.0), "values from 2 to 2"),
        (np.full((4, 4, 3), np.nan), "values from nan to nan"),
        (np.zeros((4, 4, 3), np.int32), "int32; expected uint8"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(pixels, message):
    with pytest.raises(ValueError, match=message):
        photos.as_rgba(pixels)
