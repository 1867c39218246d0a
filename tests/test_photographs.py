import io
import struct

import imagecodecs
import numpy as np
import pytest
from conftest import lightness, picture
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from jaxcolor import colorize, image_metadata, images, listing, photographs
from jaxcolor.config import InputError
from jaxcolor.file_batch import Output, colorize_files

ADOBE_RGB = imagecodecs.cms_profile("adobergb")
GRAY_18 = imagecodecs.cms_profile("gray", gamma=1.8)
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmp:Rating="4"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Copyright] = "Leitz", "Leica III", "A. Person"
    exif[Base.Orientation] = 6
    exif[IFD.Exif] = {
        Base.DateTimeOriginal: "1954:07:04 12:00:00",
        Base.FNumber: 3.5,
        Base.ExifImageWidth: 24,
        Base.ExifImageHeight: 40,
        Base.ColorSpace: 1,
    }
    exif[IFD.GPSInfo] = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (47.0, 3.0, 25.5)}
    return exif


def tiff(pixels: np.ndarray, photometric: int, **tags: int | tuple[int, ...]) -> bytes:
    """An uncompressed TIFF in the byte order of the array, `[H, W]` or `[H, W, C]`."""
    order = b"MM" if pixels.dtype.byteorder == ">" else b"II"
    ifd = TiffImagePlugin.ImageFileDirectory_v2(prefix=order)
    bands = pixels.shape[2] if pixels.ndim == 3 else 1
    ifd[TiffImagePlugin.IMAGEWIDTH], ifd[TiffImagePlugin.IMAGELENGTH] = pixels.shape[1::-1]
    ifd[TiffImagePlugin.BITSPERSAMPLE] = (16,) * bands
    ifd[TiffImagePlugin.SAMPLESPERPIXEL] = bands
    ifd[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = photometric
    ifd[TiffImagePlugin.STRIPOFFSETS] = 0
    ifd[TiffImagePlugin.STRIPBYTECOUNTS] = pixels.nbytes
    ifd[TiffImagePlugin.ROWSPERSTRIP] = pixels.shape[0]
    for tag, value in tags.items():
        ifd[getattr(TiffImagePlugin, tag)] = value
    buffer = io.BytesIO()
    ifd.save(buffer)
    return buffer.getvalue() + pixels.tobytes()


def png(pixels: np.ndarray, transparent: tuple[int, ...] = ()) -> bytes:
    """A PNG of 16 bits, with a transparent color."""
    data = imagecodecs.png_encode(pixels)
    if not transparent:
        return data
    chunk = io.BytesIO()
    content = b"".join(value.to_bytes(2, "big") for value in transparent)
    PngImagePlugin.putchunk(chunk, b"tRNS", content)
    return data[:33] + chunk.getvalue() + data[33:]


def deep_picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    """A smooth picture of 16 bits, `[height, width, channels]`."""
    fine = np.random.default_rng(1).integers(0, 257, (height, width, channels), dtype=np.uint16)
    pixels = picture(height, width)[..., :1].astype(np.uint16) * 257
    return np.repeat(pixels, channels, axis=2) + fine


def save(path, pixels, **metadata):
    """Writes `[H, W, 3]` or `[H, W, 4]`, of 8 or 16 bits."""
    metadata = image_metadata.Metadata(**metadata)
    photographs.write(path, photographs.Photograph(pixels, metadata, "PNG", []))


def through(colorizer, path, tmp_path) -> Image.Image:
    """Colors a file and opens the result."""
    assert colorize_files(colorizer, [path], Output(tmp_path / "out")).problems == []
    return Image.open(tmp_path / "out" / path.name)


# Samples of 16 bits.


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("photometric", [0, 1])
def test_sixteen_bit_gray_tiffs_are_not_negatives(order, photometric, tmp_path):
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    stored = (values if photometric else 65535 - values).astype(f"{order}u2")
    path = tmp_path / "gray.tif"
    path.write_bytes(tiff(stored, photometric))
    np.testing.assert_array_equal(images.read(path)[0, :, 1], (0, 1, 128, 255))
    np.testing.assert_array_equal(photographs.read(path).pixels, values)
    assert images.problem(path, whole=True) == ""


def test_twelve_bit_gray_reaches_white(tmp_path):
    values = [0, 0x800, 0xFFF, 0x010]
    packed = int("".join(f"{value:03x}" for value in values), 16).to_bytes(6, "big")
    (tmp_path / "x.tif").write_bytes(
        tiff(np.frombuffer(packed, "<u2").reshape(1, 3), 1, BITSPERSAMPLE=12, IMAGEWIDTH=4)
    )
    np.testing.assert_allclose(images.read(tmp_path / "x.tif")[0, :, 0], (0, 128, 255, 1), atol=1)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_color_of_sixteen_bits(channels, tmp_path):
    pixels = np.array([[[1000] * channels, [1001] * channels]], np.uint16)
    path = tmp_path / "x.png"
    path.write_bytes(png(pixels[..., 0] if channels == 1 else pixels, (1000,) * channels))
    np.testing.assert_array_equal(images.read(path)[0, :, 0], (255, 4))
    np.testing.assert_array_equal(photographs.read(path).pixels[0, :, 3], (0, 65535))


@pytest.mark.parametrize("kind", ["L", "LA", "RGB", "RGBA"])
def test_all_sixteen_bits_are_read(kind, tmp_path):
    pixels = deep_picture(5, 7, len(kind))
    (tmp_path / "x.png").write_bytes(png(pixels[..., 0] if kind == "L" else pixels))
    expected = pixels[..., {"L": 0, "LA": [0, 0, 0, 1]}.get(kind, slice(None))]
    np.testing.assert_array_equal(photographs.read(tmp_path / "x.png").pixels, expected)
    if len(kind) > 2:
        alpha = {"EXTRASAMPLES": 2} if kind == "RGBA" else {}
        for order in "<>":
            (tmp_path / "x.tif").write_bytes(tiff(pixels.astype(f"{order}u2"), 2, **alpha))
            np.testing.assert_array_equal(photographs.read(tmp_path / "x.tif").pixels, pixels)


def test_separate_planes_and_premultiplied_colors_of_sixteen_bits(tmp_path):
    pixels = deep_picture(4, 6)
    planes = np.moveaxis(pixels, -1, 0).reshape(12, 6)
    layout = {"IMAGELENGTH": 4, "SAMPLESPERPIXEL": 3, "PLANAR_CONFIGURATION": 2}
    size = planes.nbytes // 3
    layout |= {"BITSPERSAMPLE": (16,) * 3, "ROWSPERSTRIP": 4}
    layout |= {"STRIPOFFSETS": (0, size, 2 * size), "STRIPBYTECOUNTS": (size,) * 3}
    (tmp_path / "planes.tif").write_bytes(tiff(planes, 2, **layout))
    np.testing.assert_array_equal(photographs.read(tmp_path / "planes.tif").pixels, pixels)
    np.testing.assert_array_equal(images.read(tmp_path / "planes.tif"), pixels >> 8)

    half = np.full((4, 6, 1), 32768, np.uint16)
    premultiplied = np.concatenate([pixels // 2, half], axis=-1)
    (tmp_path / "alpha.tif").write_bytes(tiff(premultiplied, 2, EXTRASAMPLES=1))
    found = photographs.read(tmp_path / "alpha.tif").pixels
    np.testing.assert_allclose(found[..., :3].astype(int), pixels, atol=2)


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_in_are_sixteen_bits_out(colorizer, name, channels, tmp_path):
    pixels = deep_picture(30, 40, channels)
    path = tmp_path / name
    shown = pixels if channels > 1 else np.repeat(pixels, 3, axis=2)
    if channels == 1:
        Image.fromarray(pixels[..., 0]).save(path)
    else:
        save(path, pixels)
    with through(colorizer, path, tmp_path) as image:
        assert image.mode == ("RGBA" if channels == 4 else "RGB")
    out = photographs.read(tmp_path / "out" / name).pixels
    assert out.dtype == np.uint16
    np.testing.assert_allclose(_deep_lightness(out), _deep_lightness(shown), atol=0.01)
    assert np.ptp(out[..., :3].astype(int), axis=-1).max() > 1000
    np.testing.assert_array_equal(out[..., 3:], shown[..., 3:])


def _deep_lightness(pixels):
    return lightness(pixels[..., :3] / 257)


# Transparency.


def test_transparency_is_kept(colorizer, tmp_path):
    alpha = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (30, 1))
    rgba = np.concatenate([picture(30, 40), alpha[..., None]], axis=-1)
    image = Image.fromarray(rgba)
    image.save(tmp_path / "x.png")
    image.save(tmp_path / "x.tif")
    image.save(tmp_path / "x.webp", lossless=True, exact=True)
    image.convert("LA").save(tmp_path / "gray.png")
    for path in sorted(tmp_path.glob("*.*")):
        with through(colorizer, path, tmp_path) as out:
            np.testing.assert_array_equal(np.asarray(out)[..., 3], alpha)


def test_transparency_of_a_palette_is_kept(colorizer, tmp_path):
    palette = Image.fromarray(picture(20, 20)).quantize(16)
    path = tmp_path / "x.png"
    palette.save(path, transparency=bytes([0, 128] + [255] * 14))
    index = np.asarray(palette)
    with through(colorizer, path, tmp_path) as out:
        np.testing.assert_array_equal(
            np.asarray(out)[..., 3], np.choose(np.minimum(index, 2), (0, 128, 255))
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_network_sees_transparent_parts_as_white(colorizer, dtype):
    photo = picture(300, 40)  # Larger than a strip of rows.
    opacity = np.full((300, 40, 1), 255, np.uint8)
    opacity[:140] = 0
    hidden = np.where(opacity == 0, 0, photo)
    on_white = np.where(opacity == 0, 255, photo).astype(np.uint8)
    scale = np.iinfo(dtype).max // 255
    transparent = np.concatenate([hidden, opacity], axis=-1) * dtype(scale)
    np.testing.assert_array_equal(
        colorizer(transparent)[140:, :, :3], colorizer(on_white * dtype(scale))[140:]
    )


# Metadata.


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.avif", "x.tif"])
def test_metadata_are_kept_and_describe_an_upright_picture(colorizer, name, tmp_path):
    stored = Image.fromarray(picture(40, 24)).transpose(Image.Transpose.ROTATE_90)
    options = {"xmp": XMP, "exif": camera_exif(), "dpi": (300, 300)}
    if name == "x.png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        text.add_text("Author", "A. Person")
        options["pnginfo"] = text
    if name == "x.tif":
        options["exif"][700] = XMP
        options["exif"] = options["exif"].tobytes()
    stored.save(tmp_path / name, **options)
    with through(colorizer, tmp_path / name, tmp_path) as image:
        exif = image.getexif()
        assert image.size == (24, 40)
        assert exif.get(Base.Orientation, 1) == 1
        assert exif[Base.Make], exif[Base.Copyright] == ("Leitz", "A. Person")
        camera = exif.get_ifd(IFD.Exif)
        assert camera[Base.DateTimeOriginal] == "1954:07:04 12:00:00"
        assert float(camera[Base.FNumber]) == 3.5
        assert (camera[Base.ExifImageWidth], camera[Base.ExifImageHeight]) == (40, 24)
        assert exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude][2] == 25.5
        assert b'xmp:Rating="4"' in image.info["xmp"]
        assert b'Orientation="6"' not in image.info["xmp"]
        assert "icc_profile" not in image.info
        if name not in ("x.webp", "x.avif"):  # Which have no place of their own for it.
            np.testing.assert_allclose([float(n) for n in image.info["dpi"]], 300, atol=0.01)
        if name == "x.png":
            assert image.text["Author"] == "A. Person"


def test_captions_and_comments_of_a_jpeg_are_kept(colorizer, tmp_path):
    captions = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0a\x1c\x02\x78\x00\x05Lilac"
    segment = b"\xff\xed" + (len(captions) + 2).to_bytes(2, "big") + captions
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.jpg", extra=segment, comment=b"Attic, box 3")
    with through(colorizer, tmp_path / "x.jpg", tmp_path) as image:
        assert image.info["comment"] == b"Attic, box 3"
        assert ("APP13", captions) in image.applist


def test_photoshops_thumbnails_are_left_out_and_its_captions_kept(colorizer, tmp_path):
    def resource(number, data, name=b""):
        name = (bytes([len(name)]) + name).ljust(len(name) // 2 * 2 + 2, b"\0")
        padded = data + b"\0" * (len(data) % 2)
        return b"8BIM" + struct.pack(">H", number) + name + struct.pack(">L", len(data)) + padded

    captions, more = resource(1028, b"Lilac"), resource(1036, b"odd", b"odd") + resource(1005, b"x")
    head = b"Photoshop 3.0\0"
    content = head + captions + resource(1033, b"old picture") + more + b"rest"
    parts = content[:60], head + content[60:]  # One stream in two segments.
    segments = b"".join(b"\xff\xed" + struct.pack(">H", len(part) + 2) + part for part in parts)
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.jpg", extra=segments)
    with through(colorizer, tmp_path / "x.jpg", tmp_path) as image:
        expected = head + captions + resource(1005, b"x") + b"rest"
        assert ("APP13", expected) in image.applist


@pytest.mark.parametrize(
    ("name", "target", "losses"),
    [
        ("deep.png", "jpg", ["16 bits become 8 in JPEG", "it is blended with white"]),
        ("deep.png", "bmp", ["16 bits become 8 in BMP", "it is blended with white", "EXIF data"]),
        ("old.jpg", "png", ["not kept in PNG files: the comment", "captions (IPTC)"]),
        ("old.jpg", "webp", ["WEBP files: pixels per inch", "the comment", "captions (IPTC)"]),
        ("long.tif", "jpg", ["settings and layers are left out", "too long for JPEG files: XMP"]),
    ],
)
def test_what_a_format_cannot_hold_is_said(name, target, losses, colorizer, tmp_path, capsys):
    path, exif = tmp_path / name, Image.Exif()
    exif[Base.Make] = "Leitz"
    if name == "deep.png":
        save(path, deep_picture(8, 8, 4), exif=exif.tobytes())
    elif name == "old.jpg":
        segment = b"\xff\xed\0\x07abcde"
        options = {"extra": segment, "comment": b"Attic", "dpi": (300, 300)}
        Image.fromarray(picture(8, 8)).save(path, exif=exif, **options)
    else:
        exif[37724], exif[700] = bytes(70_000), XMP.ljust(65_510)
        Image.fromarray(picture(8, 8)).save(path, exif=exif)
    outcome = colorize_files(colorizer, [path], Output(tmp_path / "out", format=target))
    assert outcome.problems == []
    said = capsys.readouterr().out
    assert len(said.splitlines()) == len(losses)
    for loss in losses:
        assert loss in said
    with Image.open((tmp_path / "out" / name).with_suffix(f".{target}")) as image:
        assert image.mode == "RGB"
        if target != "bmp":
            assert image.getexif()[Base.Make] == "Leitz"


def test_exif_of_a_whole_segment_is_kept(tmp_path):
    exif = Image.Exif()
    exif[Base.Make] = "x" * (65_533 - len(exif.tobytes()) - 15)
    assert 65_520 < len(exif.tobytes()) <= 65_533
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.jpg", exif=exif)
    photograph = photographs.read(tmp_path / "x.jpg")
    photographs.encode(photograph)
    assert photograph.notes == []


def test_captions_of_a_tiff_are_kept(colorizer, tmp_path):
    captions = b"\x1c\x02\x78\x00\x07Lilacs\0"  # 3 numbers of 32 bits, as most programs write it
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33723] = captions
    buffer = io.BytesIO()
    Image.fromarray(picture(8, 8)).save(buffer, "TIFF", tiffinfo=tags, icc_profile=ADOBE_RGB)
    entry = struct.pack("<HHL", 33723, 7, len(captions))
    as_numbers = struct.pack("<HHL", 33723, 4, len(captions) // 4)
    assert entry in buffer.getvalue()
    (tmp_path / "x.tif").write_bytes(buffer.getvalue().replace(entry, as_numbers))
    with through(colorizer, tmp_path / "x.tif", tmp_path) as image:
        assert image.tag_v2[33723] == captions


def test_damaged_exif_is_named_and_the_photograph_is_colored(colorizer, tmp_path, capsys):
    exif = camera_exif().tobytes()
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.jpg", exif=exif[:-40])
    with through(colorizer, tmp_path / "x.jpg", tmp_path) as image:
        assert image.size == (8, 8)
    assert "x.jpg: " in capsys.readouterr().out


# Color profiles.


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def is_srgb(profile: bytes) -> bool:
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.getProfileDescription(opened).startswith("sRGB")


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.avif", "x.tif"])
def test_an_srgb_profile_is_kept(colorizer, name, tmp_path):
    profile = srgb_profile()
    Image.fromarray(picture(20, 20)).save(tmp_path / name, icc_profile=profile)
    with through(colorizer, tmp_path / name, tmp_path) as image:
        assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("profile", [ADOBE_RGB, GRAY_18], ids=["rgb", "gray"])
def test_another_profile_is_applied_and_srgb_written(bits, profile, colorizer, tmp_path, capsys):
    gray = np.tile(np.arange(20, 230, 5, dtype=np.uint8), (20, 1))
    is_gray = profile is GRAY_18
    if bits == 16:
        deep = np.stack([gray.astype(np.uint16) * 257] * 3, axis=-1)
        save(tmp_path / "x.png", deep, profile=profile)
        if is_gray:
            Image.fromarray(deep[..., 0]).save(tmp_path / "x.png", icc_profile=profile)
    else:
        stored = Image.fromarray(gray if is_gray else np.stack([gray] * 3, axis=-1))
        stored.save(tmp_path / "x.png", icc_profile=profile)
    linear = (gray / 255) ** (1.8 if is_gray else 563 / 256)
    expected = 116 * np.cbrt(linear) - 16  # L, above its linear part
    with through(colorizer, tmp_path / "x.png", tmp_path) as image:
        assert is_srgb(image.info["icc_profile"])
    out = photographs.read(tmp_path / "out" / "x.png").pixels
    assert out.dtype == np.dtype(f"uint{bits}")
    found = _deep_lightness(out) if bits == 16 else lightness(out)
    bright = linear > 0.01
    np.testing.assert_allclose(found[bright], expected[bright], atol=0.1 if bits == 16 else 0.6)
    assert "x.png: converted to sRGB from the profile" in capsys.readouterr().out


def test_the_color_space_that_exif_names_follows_the_conversion(colorizer, tmp_path):
    exif = camera_exif()
    exif[IFD.Exif][Base.ColorSpace] = 65535
    exif[IFD.Exif][IFD.Interop] = {1: "R03"}
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.jpg", exif=exif, icc_profile=ADOBE_RGB)
    with through(colorizer, tmp_path / "x.jpg", tmp_path) as image:
        assert image.getexif().get_ifd(IFD.Exif)[Base.ColorSpace] == 1
        assert image.getexif().get_ifd(IFD.Interop)[1] == "R98"


def test_adobe_rgb_may_be_named_by_exif_alone(colorizer, tmp_path):
    exif = camera_exif()
    exif[IFD.Exif][IFD.Interop] = {1: "R03"}
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.png", exif=exif)
    Image.fromarray(picture(8, 8)).save(tmp_path / "y.png", exif=exif, icc_profile=ADOBE_RGB)
    one, other = (photographs.read(tmp_path / name) for name in ("x.png", "y.png"))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert one.metadata == other.metadata
    assert one.notes == other.notes != []
    with Image.open(tmp_path / "x.png") as image:
        np.testing.assert_array_equal(photographs.unpack(image)[0], one.pixels)


@pytest.mark.parametrize("profile", [b"no profile at all", GRAY_18], ids=["damaged", "unfit"])
def test_a_profile_that_cannot_be_used_is_named(profile, colorizer, tmp_path, capsys):
    Image.fromarray(picture(8, 8)).save(tmp_path / "x.png", icc_profile=profile)
    with through(colorizer, tmp_path / "x.png", tmp_path) as image:
        assert "icc_profile" not in image.info
    assert "x.png: its color profile is not used" in capsys.readouterr().out


def test_cmyk_is_named(colorizer, tmp_path, capsys):
    Image.fromarray(picture(8, 8)).convert("CMYK").save(tmp_path / "x.jpg")
    with through(colorizer, tmp_path / "x.jpg", tmp_path) as image:
        assert image.mode == "RGB"
    assert "x.jpg: CMYK becomes RGB" in capsys.readouterr().out


# Formats and sizes.


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "AVIF"])
def test_a_file_without_extension_keeps_its_format(format, colorizer, tmp_path):
    Image.fromarray(picture(16, 16)).save(tmp_path / "scan", format)
    with through(colorizer, tmp_path / "scan", tmp_path) as image:
        assert image.format == format
    assert colorize_files(colorizer, [tmp_path / "scan"], Output()).problems == []
    with Image.open(tmp_path / "scan.color") as image:
        assert image.format == format


def test_plain_bitmaps_are_read(tmp_path):
    (tmp_path / "x.pbm").write_text("P1\n4 2\n0 1 0 1\n1 0 1 0\n")
    pixels = photographs.read(tmp_path / "x.pbm").pixels
    np.testing.assert_array_equal(pixels, [[255, 0, 255, 0], [0, 255, 0, 255]])


@pytest.mark.parametrize(("name", "shape"), [("x.pgm", (8, 9)), ("x.ppm", (8, 9, 3))])
def test_sixteen_bits_of_netpbm(name, shape, tmp_path):
    values = np.random.default_rng(0).integers(0, 2**16, shape, dtype=np.uint16)
    kind = b"P5" if name == "x.pgm" else b"P6"
    (tmp_path / name).write_bytes(kind + b" 9 8 65535\n" + values.astype(">u2").tobytes())
    photograph = photographs.read(tmp_path / name)
    if name == "x.pgm":
        np.testing.assert_array_equal(photograph.pixels, values)
    else:  # Pillow reads 8 bits of color.
        assert photograph.pixels.dtype == np.uint8
        assert photograph.notes == ["16 bits become 8"]


@pytest.mark.parametrize("name", ["x.tga", "x.gif"])
def test_formats_that_would_lose_pixels_are_refused(name, colorizer, tmp_path):
    Image.fromarray(picture(32, 32)).save(tmp_path / name)
    outcome = colorize_files(colorizer, [tmp_path / name], Output(tmp_path / "out"))
    (problem,) = outcome.problems
    assert problem.startswith(str(tmp_path / "out" / name))
    assert "convert the photograph to one of" in problem


@pytest.mark.parametrize(("name", "side"), [("x.jpg", 65_501), ("x.webp", 16_384)])
def test_too_long_for_the_format_is_said(name, side, tmp_path):
    pixels = np.zeros((1, side, 3), np.uint8)
    with pytest.raises(InputError, match=rf"x\.\w+: is {side} × 1, .* {side - 1} pixels"):
        save(tmp_path / name, pixels)
    save(tmp_path / name, pixels[:, 1:])
    assert photographs.read(tmp_path / name).pixels.shape == (1, side - 1, 3)


def test_above_the_limit_the_option_that_lifts_it_is_named(run_main, photos, monkeypatch, tmp_path):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # Restored afterwards.
    done = run_main(colorize, photos, "--output", tmp_path / "out", "--max_megapixels", 0.001)
    assert done.returncode == 1
    assert done.stderr.count("more than 0.001 megapixels, the limit; --max_megap") == 12
    photographs.limit_pixels(float("inf"))
    assert photographs.read(listing.find(photos)[0]).pixels.shape == (40, 48, 3)


def test_the_header_is_checked_before_the_data_are_read(tmp_path):
    path = tmp_path / "x.png"
    header = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    header.seek(8)
    size = (60_000).to_bytes(4, "big")
    PngImagePlugin.putchunk(header, b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
    path.write_bytes(header.getvalue() + b"\x7f\xff\xff\xffIDAT")
    with path.open("r+b") as file:
        file.truncate(6 * 2**30)  # Takes no room on the disk.
    for read in (images.read, photographs.read):
        with pytest.raises(InputError, match=r"x\.png: has more than 179 megapixels"):
            read(path)


def test_strips_of_a_large_image_join_without_a_seam(colorizer):
    wide = images.resize(picture(4, 4), 5, 2**20)  # A strip of four rows and one of one.
    small = images.resize(wide, 5, 512)
    step = wide.shape[1] // 512
    columns = slice(step // 2, None, step)
    off = colorizer(wide)[:, columns].astype(int) - colorizer(small)
    assert np.abs(off).max() <= 3
