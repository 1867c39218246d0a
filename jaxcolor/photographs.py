"""One photograph, in and out: pixels, color profile, transparency and metadata of its file.

The color profile is applied: pixels are sRGB. If the file's profile is sRGB, it is kept; if it is
another, the file is written with an sRGB profile; if there is none, none is written.
"""

import dataclasses
import io
import pathlib
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from jaxcolor import color_profiles, files, image_metadata, image_pixels, image_writing
from jaxcolor.color_profiles import Profile
from jaxcolor.config import InputError
from jaxcolor.image_metadata import Metadata

# The filters of warnings are those of all threads.
_WARNINGS = threading.Lock()


@dataclasses.dataclass
class Photograph:
    """A photograph, and what is written with it.

    Attributes:
        pixels: `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity, uint8 or uint16,
            upright, sRGB.
        metadata: of its file, its profile being that of the pixels.
        format: of its file, Pillow's name.
        notes: what was converted or cannot be kept, one line each.
    """

    pixels: np.ndarray
    metadata: Metadata
    format: str
    notes: list[str]


def unpack(image: Any, name: str = "image") -> tuple[np.ndarray, Callable[[np.ndarray], Any]]:
    """Takes the pixels out of an image.

    Args:
        image: an array, a `PIL.Image.Image`, the bytes of an image file, or the path of one.
        name: of the argument, for messages.

    Returns:
        The pixels, as of `Photograph`, and what makes of new ones the same kind of image, and a
        `PIL.Image.Image` for a path; this is upright and sRGB, without metadata.

    Raises:
        InputError: another kind, shape or dtype, or no pixel; or the file cannot be read.
    """
    if isinstance(image, np.ndarray):
        shapes = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
        if image.dtype not in (np.uint8, np.uint16) or not shapes or not image.size:
            raise InputError(
                f"{name}: must be [H, W], [H, W, 3] or [H, W, 4], uint8 or uint16, is "
                f"{list(image.shape)} {image.dtype}"
            )
        return image, lambda pixels: pixels
    if isinstance(image, bytes):
        photograph = decode(io.BytesIO(image))
        return photograph.pixels, lambda new: encode(dataclasses.replace(photograph, pixels=new))
    if isinstance(image, Image.Image) and image_pixels.is_deep_gray(image):
        deep = np.asarray(ImageOps.exif_transpose(image)).astype(np.uint16)
        return image_pixels.to_8_bits(deep), Image.fromarray
    if isinstance(image, Image.Image):
        image_pixels.check_header(image)
        metadata, _ = image_metadata.collect(image)
        return _pixels(ImageOps.exif_transpose(image), metadata, []), Image.fromarray
    if isinstance(image, str | pathlib.Path):
        pixels = read(pathlib.Path(image)).pixels
        return pixels, lambda new: Image.fromarray(image_pixels.to_8_bits(new))
    raise InputError(
        f"{name}: is of {type(image).__name__}; must be an array, a PIL.Image.Image, bytes or a "
        "path"
    )


def limit_pixels(megapixels: float) -> None:
    """Sets how large an image this process reads; Pillow's own limit is 179 megapixels."""
    # Pillow warns above this number and refuses above its double.
    Image.MAX_IMAGE_PIXELS = int(min(megapixels * 1e6 / 2, sys.maxsize))


def read(path: pathlib.Path) -> Photograph:
    """Reads a photograph as `decode` does.

    Raises:
        InputError: as `decode`; the message names the file.
    """
    try:
        files.require_regular(path)
        with path.open("rb") as file:
            return decode(file)
    except (OSError, InputError) as error:
        raise InputError(f"{path}: {image_pixels.reason(error)}") from error


def decode(file: BinaryIO) -> Photograph:
    """Reads a photograph with all that its file holds.

    16 bits are read from PNG and TIFF, and of gray from all formats. CMYK becomes RGB.

    Raises:
        InputError: the file is no image, or a damaged one, or has samples of 32 bits, several
            pictures, or more pixels than the limit.
    """
    try:
        with _WARNINGS, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # The limit decides.
            with Image.open(file, formats=image_pixels.FORMATS) as image:
                image_pixels.check_header(image)
                is_deep = image_pixels.is_deep(image)
                metadata, notes = image_metadata.collect(image)
                if image.mode == "CMYK":
                    notes.append("CMYK becomes RGB")
                if not is_deep and (bits := image_pixels.stored_bits(image)) > 8:
                    notes.append(f"{bits} bits become 8")
                if image.format == "MPO":
                    notes.append("holds several pictures, of which the first is kept")
                if is_deep:
                    pixels = _deep_pixels(image_pixels.deep(image, file), metadata, notes)
                else:
                    ImageOps.exif_transpose(image, in_place=True)
                    pixels = _pixels(image, metadata, notes)
                format = "JPEG" if image.format == "MPO" else str(image.format)
    except Exception as error:  # Pillow's decoders raise whatever a damaged file provokes.
        raise InputError(image_pixels.reason(error)) from error
    notes += dict.fromkeys(str(warning.message) for warning in caught)
    return Photograph(pixels, metadata, format, notes)


def write(path: pathlib.Path, photograph: Photograph, quality: int | None = None) -> None:
    """Writes a photograph whole or not at all, with its metadata.

    Args:
        path: its extension tells the format, or else it is that of the photograph.
        photograph: written with 16 bits if it has them and the format is PNG or TIFF; what the
            format cannot hold is added to its notes.
        quality: of JPEG, WebP and AVIF, 1 to 100, instead of 95.

    Raises:
        InputError: the format is not written, or is too small for the photograph.
        OSError: the file cannot be written.
    """
    photograph.notes += image_writing.write(
        path, photograph.pixels, photograph.metadata, photograph.format, quality
    )


def encode(photograph: Photograph, quality: int | None = None) -> bytes:
    """Returns a photograph as the bytes of a file of its own format.

    Args:
        photograph: as of `write`; what the format cannot hold is added to its notes.
        quality: as of `write`.

    Raises:
        InputError: as `write`.
    """
    file = io.BytesIO()
    photograph.notes += image_writing.encode(
        file, photograph.pixels, photograph.metadata, photograph.format, quality
    )
    return file.getvalue()


def _pixels(image: Image.Image, metadata: Metadata, notes: list[str]) -> np.ndarray:
    """Converts an upright image to sRGB: `[H, W]`, `[H, W, 3]` or `[H, W, 4]` uint8."""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    gray = image.mode in ("1", "L", "LA")
    mode = "L" if gray else "CMYK" if image.mode == "CMYK" else "RGB"
    image = image.convert(mode) if image.mode != mode else image
    if profile := _profile(metadata, mode, notes):
        image = image.convert(profile.mode) if image.mode != profile.mode else image
        image = color_profiles.convert(image, profile)
    if image.mode == "CMYK" or (alpha and gray):
        image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    return image_pixels.to_array(image)


def _deep_pixels(pixels: np.ndarray, metadata: Metadata, notes: list[str]) -> np.ndarray:
    """Converts upright uint16 pixels to sRGB."""
    profile = _profile(metadata, "L" if pixels.ndim == 2 else "RGB", notes)
    if not profile:
        return pixels
    if pixels.ndim == 2:
        source = pixels if profile.mode == "L" else np.stack([pixels] * 3, axis=-1)
        return color_profiles.convert_deep(source, profile)
    color = color_profiles.convert_deep(pixels[..., :3], profile)
    return np.concatenate([color, pixels[..., 3:]], axis=-1)


def _profile(metadata: Metadata, mode: str, notes: list[str]) -> Profile | None:
    """Returns the profile to convert from, if any, and makes the metadata those of sRGB."""
    if not metadata.profile and mode != "CMYK" and image_metadata.is_adobe_rgb(metadata.exif):
        metadata.profile = color_profiles.adobe_rgb()
    if not metadata.profile:
        return None
    try:
        profile = color_profiles.check(metadata.profile, mode)
    except InputError as error:
        metadata.profile = b""
        notes.append(f"its color profile is not used: {error}; taken as sRGB, without a profile")
        return None
    if profile.is_srgb:
        return None
    metadata.profile = color_profiles.srgb()
    metadata.exif = image_metadata.tag_as_srgb(metadata.exif)
    notes.append(f"converted to sRGB from the profile {profile.name}")
    return profile
