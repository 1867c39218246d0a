"""Writing photographs with their metadata, in each format with what it can hold."""

import dataclasses
import io
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import imagecodecs
import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

from jaxcolor import files, image_metadata, image_pixels
from jaxcolor.config import InputError
from jaxcolor.image_metadata import SEGMENT, Metadata


class _Format(NamedTuple):
    """Options of Pillow's writer, and what the format can hold.

    Attributes:
        options: of the writer.
        max_side: in pixels.
        parts: "opacity", "16 bits", and names of fields of `Metadata`.
    """

    options: dict[str, Any]
    max_side: int
    parts: frozenset[str]


_HEADERS = frozenset({"exif", "xmp"})
_JPEG = _HEADERS | {"dpi", "comment", "segments"}
# Color at full resolution in all.
_FORMATS = {
    "AVIF": _Format({"quality": 95, "subsampling": "4:4:4"}, 65_536, _HEADERS | {"opacity"}),
    "BMP": _Format({}, 2**31 - 1, frozenset({"dpi"})),
    "JPEG": _Format({"quality": 95, "subsampling": 0}, 65_500, _JPEG),
    "PNG": _Format({}, 2**31 - 1, _HEADERS | {"opacity", "16 bits", "dpi", "text"}),
    "PPM": _Format({}, 2**31 - 1, frozenset()),
    "TIFF": _Format({}, 2**31 - 1, _HEADERS | {"opacity", "16 bits", "dpi"}),
    "WEBP": _Format({"quality": 95}, 16_383, _HEADERS | {"opacity"}),
}
# What is said of fields of `Metadata` that a format cannot hold.
_LOSSES = {
    "exif": "EXIF data",
    "xmp": "XMP data",
    "dpi": "pixels per inch",
    "text": "texts",
    "comment": "the comment",
    "segments": "captions (IPTC) or further XMP",
}
# What fills a segment of a JPEG, and the bytes that come before it there.
_IN_SEGMENT = {"exif": 0, "xmp": len(b"http://ns.adobe.com/xap/1.0/\0"), "comment": 0}
# Bytes of a strip of a TIFF, before compression.
_STRIP = 2**18


def write(
    path: pathlib.Path,
    pixels: np.ndarray,
    metadata: Metadata,
    format: str,
    quality: int | None = None,
) -> list[str]:
    """Writes an image file whole or not at all.

    Args:
        path: its extension tells the format; its folder is created if it does not exist.
        pixels: as of `encode`.
        metadata: as of `encode`.
        format: Pillow's name of the format of a path whose extension tells none.
        quality: as of `encode`.

    Returns:
        As of `encode`.

    Raises:
        InputError: the format is not written, or cannot hold so large an image.
        OSError: the file cannot be written.
    """
    format = format_of(path.suffix) or format
    try:
        _check(pixels, format)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    with files.written_whole(path) as partial, partial.open("wb") as file:
        return encode(file, pixels, metadata, format, quality)


def format_of(extension: str) -> str:
    """Returns the format that an extension such as ".jpg" tells, by Pillow's name, or ""."""
    return Image.registered_extensions().get(extension.lower(), "")


def encode(
    file: BinaryIO,
    pixels: np.ndarray,
    metadata: Metadata,
    format: str,
    quality: int | None = None,
) -> list[str]:
    """Writes an image to an open file.

    Args:
        file: at its start.
        pixels: `[H, W, 3]` or `[H, W, 4]`, uint8 or uint16, sRGB; 16 bits are kept by PNG and TIFF.
        metadata: what the format can hold of it is written.
        format: Pillow's name.
        quality: of JPEG, WebP and AVIF, 1 to 100, instead of 95.

    Returns:
        A line on each thing that the format cannot hold.

    Raises:
        InputError: the format is not written, or cannot hold so large an image.
    """
    _check(pixels, format)
    pixels, metadata, lost = _reduced(pixels, metadata, format)
    if format == "TIFF":
        _write_tiff(file, pixels, metadata)
    elif format == "PNG" and pixels.dtype == np.uint16:
        file.write(_deep_png(pixels, metadata))
    else:
        _save(file, pixels, metadata, format, quality)
    return lost


def _reduced(
    pixels: np.ndarray, metadata: Metadata, format: str
) -> tuple[np.ndarray, Metadata, list[str]]:
    """Returns what a format can hold of an image, and a line on each thing that it cannot."""
    parts, lost = _FORMATS[format].parts, []
    if pixels.dtype == np.uint16 and "16 bits" not in parts:
        lost.append(f"16 bits become 8 in {format} files")
        pixels = image_pixels.to_8_bits(pixels)
    if pixels.shape[2:] == (4,) and "opacity" not in parts:
        lost.append(f"{format} files have no transparency: it is blended with white")
        pixels = np.asarray(image_pixels.on_white(pixels))
    if format == "JPEG" and len(metadata.exif) > SEGMENT:
        lost.append("Photoshop's settings and layers are left out of its EXIF data")
        exif = image_metadata.without_photoshop(metadata.exif)
        metadata = dataclasses.replace(metadata, exif=exif)
    empty, emptied = Metadata(), {}
    for name, words in _LOSSES.items():
        value = getattr(metadata, name)
        too_long = (
            format == "JPEG" and name in _IN_SEGMENT and (len(value) + _IN_SEGMENT[name] > SEGMENT)
        )
        if value and (name not in parts or too_long):
            emptied[name] = getattr(empty, name)
            lost.append(f"{'too long for' if too_long else 'not kept in'} {format} files: {words}")
    metadata = dataclasses.replace(metadata, **emptied)
    return pixels, metadata, lost


def _check(pixels: np.ndarray, format: str) -> None:
    if format not in _FORMATS:
        raise InputError(
            f"{format} files cannot be written without loss; convert the photograph to one of "
            f"{', '.join(_FORMATS)}"
        )
    if max(pixels.shape[:2]) > (limit := _FORMATS[format].max_side):
        raise InputError(
            f"is {pixels.shape[1]} × {pixels.shape[0]}, and a side of {format} files is {limit} "
            "pixels at most; convert the photograph to PNG or TIFF"
        )


def _save(
    file: BinaryIO,
    pixels: np.ndarray,
    metadata: Metadata,
    format: str,
    quality: int | None = None,
) -> None:
    options: dict[str, Any] = {"icc_profile": metadata.profile, "exif": metadata.exif}
    if metadata.dpi:
        options["dpi"] = metadata.dpi
    if format == "PNG":
        options["pnginfo"] = _png_text(metadata)
    else:
        options |= {"xmp": metadata.xmp, "comment": metadata.comment, "extra": metadata.segments}
    options |= _FORMATS[format].options
    if quality is not None and "quality" in options:
        options["quality"] = quality
    Image.fromarray(pixels).save(file, format, **options)


def _png_text(metadata: Metadata) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    for keyword, value in metadata.text.items():
        text.add_text(keyword, value)
    if metadata.xmp:
        text.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode(errors="replace"))
    return text


def _deep_png(pixels: np.ndarray, metadata: Metadata) -> bytes:
    """Encodes 16 bits; the other chunks are those that Pillow writes into a PNG of one pixel."""
    buffer = io.BytesIO()
    _save(buffer, np.zeros((1, 1, 3), np.uint8), metadata, "PNG")
    chunks = list(_chunks(buffer.getvalue()))
    first_data = next(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    before = b"".join(chunk for _, chunk in chunks[1:first_data])
    after = b"".join(chunk for kind, chunk in chunks[first_data:] if kind not in (b"IDAT", b"IEND"))
    encoded = imagecodecs.png_encode(np.ascontiguousarray(pixels))
    end_of_header, end = 33, len(encoded) - 12
    return b"".join(
        [encoded[:end_of_header], before, encoded[end_of_header:end], after, encoded[end:]]
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 8
    while start < len(png):
        end = start + 12 + int.from_bytes(png[start : start + 4], "big")
        yield png[start + 4 : start + 8], png[start:end]
        start = end


def _write_tiff(file: BinaryIO, pixels: np.ndarray, metadata: Metadata) -> None:
    """Writes strips of Deflate with horizontal differences, of 8 or 16 bits."""
    exif = Image.Exif()
    exif.load(metadata.exif)
    is_big = exif.endian == ">"  # A camera's own notes keep their meaning.
    height, width, channels = pixels.shape
    rows = max(1, _STRIP // pixels[0].nbytes)
    strips = [_compressed(pixels[top : top + rows], is_big) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]

    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"MM" if is_big else b"II")
    for tag in exif:
        tags[tag] = exif.get_ifd(tag) if tag in (34665, 34853) else exif[tag]
    if metadata.dpi and TiffImagePlugin.X_RESOLUTION not in tags:
        tags[TiffImagePlugin.X_RESOLUTION], tags[TiffImagePlugin.Y_RESOLUTION] = metadata.dpi
        tags[TiffImagePlugin.RESOLUTION_UNIT] = 2
    if metadata.xmp:
        tags[TiffImagePlugin.XMP] = metadata.xmp
    if metadata.profile:
        tags[TiffImagePlugin.ICCPROFILE] = metadata.profile
    if channels == 4:
        tags[TiffImagePlugin.EXTRASAMPLES] = 2
    tags[TiffImagePlugin.IMAGEWIDTH] = width
    tags[TiffImagePlugin.IMAGELENGTH] = height
    tags[TiffImagePlugin.BITSPERSAMPLE] = (8 * pixels.itemsize,) * channels
    tags[TiffImagePlugin.COMPRESSION] = 8
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 2
    tags[TiffImagePlugin.SAMPLESPERPIXEL] = channels
    tags[TiffImagePlugin.PLANAR_CONFIGURATION] = 1
    tags[TiffImagePlugin.PREDICTOR] = 2
    tags[TiffImagePlugin.ROWSPERSTRIP] = rows
    tags[TiffImagePlugin.STRIPBYTECOUNTS] = tuple(sizes)
    # Counted from the end of the tags, as Pillow's class expects it.
    tags[TiffImagePlugin.STRIPOFFSETS] = tuple(int(n) for n in np.cumsum([0, *sizes[:-1]]))
    for tag in (TiffImagePlugin.STRIPBYTECOUNTS, TiffImagePlugin.STRIPOFFSETS):
        tags.tagtype[tag] = 4  # 32 bits
    tags.save(file)
    file.writelines(strips)


def _compressed(strip: np.ndarray, is_big: bool) -> bytes:
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    ordered = differences.astype(differences.dtype.newbyteorder(">" if is_big else "<"))
    return zlib.compress(ordered.tobytes())
