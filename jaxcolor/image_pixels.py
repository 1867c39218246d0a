"""From an opened image file to upright pixels of 8 or 16 bits."""

from collections.abc import Callable
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, TiffImagePlugin

from jaxcolor.config import InputError

# Pillow's names of the formats that are read. Of others it also runs programs: of PostScript,
# whatever a file is called, Ghostscript.
FORMATS = ["AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP"]
_PHOTOMETRIC = TiffImagePlugin.PHOTOMETRIC_INTERPRETATION
# Rows that are copied at once: Pillow's copies of a whole image are several.
_ROWS = 256

# Pillow lacks the big-endian form of a kind whose little-endian form it reads.
TiffImagePlugin.OPEN_INFO.setdefault((b"MM", 0, (1,), 1, (16,), ()), ("I;16B", "I;16B"))

_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}


def check_header(image: Image.Image) -> None:
    """Checks what an image file says of itself.

    Raises:
        InputError: it holds several pictures, or samples of 32 bits.
    """
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # A phone's MPO is a JPEG with a copy or two.
        raise InputError(f"holds {frames} pictures; save the intended one to a file")
    if image.mode in ("I", "F") and not is_deep_gray(image):
        raise InputError("has samples of 32 bits or with signs; convert it to 8 or 16 bits")


def reason(error: Exception) -> str:
    """Says in words of the user why an image file cannot be read."""
    if isinstance(error, Image.DecompressionBombError):
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        return (
            f"has more than {limit:.4g} megapixels, the limit; --max_megapixels of colorize and "
            "serve, or PIL.Image.MAX_IMAGE_PIXELS in Python, lifts it"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # Without the buffer that Pillow read from, which does not help the user.
    return str(error).split(" <_io.")[0] or type(error).__name__


def upright_rgb(
    image: ImageFile.ImageFile, file: BinaryIO, min_side: int | None = None
) -> Image.Image:
    """Decodes an opened file to color of 8 bits, transparency blended with white.

    Args:
        image: just opened.
        file: that it was opened from.
        min_side: as of `images.decode`.

    Returns:
        Of mode "RGB".

    Raises:
        Exception: whatever a damaged file provokes in a decoder.
    """
    if is_deep(image):
        pixels = deep(image, file)
        if pixels.shape[2:] == (3,):  # As Pillow rounds it; to the nearest is right for gray only.
            return Image.fromarray((pixels >> 8).astype(np.uint8))
        return on_white(pixels).convert("RGB")
    if min_side:
        image.draft(None, (min_side, min_side))
    ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        return _blended_with_white(image.convert("RGBA")).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def is_deep(image: ImageFile.ImageFile) -> bool:
    """Tells whether an opened file has samples of 16 bits that this module reads as such."""
    if is_deep_gray(image):
        return True
    if image.mode not in ("RGB", "RGBA"):
        return False
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
        return image.tag_v2.get(_PHOTOMETRIC) == 2 and bits[0] == 16
    return image.format == "PNG" and ";16" in str(image.tile[0].args)


def stored_bits(image: ImageFile.ImageFile) -> int:
    """Returns the bits of a sample of an opened TIFF or Netpbm file; 8 of any other."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    args = image.tile[0].args if image.format == "PPM" else ()
    # The layout of the samples and the largest value, unless this is 255.
    return int(args[1]).bit_length() if isinstance(args, tuple) and len(args) == 2 else 8


def deep(image: ImageFile.ImageFile, file: BinaryIO) -> np.ndarray:
    """Decodes a file for which `is_deep` holds, all 16 bits.

    Args:
        image: opened.
        file: that it was opened from.

    Returns:
        Upright `[H, W]`, `[H, W, 3]` or, if it has transparency, `[H, W, 4]` uint16.

    Raises:
        InputError: the file does not hold what its header says.
        Exception: whatever a damaged file provokes in a decoder.
    """
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if is_deep_gray(image):
        ImageOps.exif_transpose(image, in_place=True)
        return _deep_gray(image)
    return upright(_deep_rgb(image, file), orientation)


def is_deep_gray(image: Image.Image) -> bool:
    """Tells whether an image has samples of 16 bits, which of a PGM Pillow calls "I"."""
    return image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM")


def _deep_gray(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image).astype(np.uint16)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        if image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE) == (12,):
            pixels = (pixels.astype(np.float32) * (65535 / 4095)).round().astype(np.uint16)
        if image.tag_v2.get(_PHOTOMETRIC) == 0:  # WhiteIsZero
            np.invert(pixels, out=pixels)
    if "transparency" not in image.info:
        return pixels
    opacity = np.where(pixels == image.info["transparency"], 0, 65535).astype(np.uint16)
    return np.stack([pixels, pixels, pixels, opacity], axis=-1)


def _deep_rgb(image: ImageFile.ImageFile, file: BinaryIO) -> np.ndarray:
    """Decodes what Pillow reads at 8 bits: `[H, W, 3]` or `[H, W, 4]` uint16, not upright."""
    size, bands = image.size, len(image.getbands())
    file.seek(0)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tags = image.tag_v2
        size = (tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH])
        pixels = imagecodecs.tiff_decode(file.read())
        if tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2:
            pixels = np.moveaxis(pixels, 0, -1)
        if tags.get(TiffImagePlugin.EXTRASAMPLES, (2,))[0] == 1:  # Premultiplied by alpha.
            alpha = np.maximum(pixels[..., 3:].astype(np.float32), 1)
            color = np.minimum(pixels[..., :3] * (65535 / alpha), 65535).round()
            pixels = np.concatenate([color.astype(np.uint16), pixels[..., 3:]], axis=-1)
        if image.mode == "RGB":
            pixels = pixels[..., :3]
    else:
        pixels = imagecodecs.png_decode(file.read())
        bands = 4 if "transparency" in image.info else bands
        if pixels.shape[2:] == (2,):
            pixels = pixels[..., [0, 0, 0, 1]]
    if pixels.dtype != np.uint16 or pixels.shape != (*size[::-1], bands):
        raise InputError(f"is damaged: its data are {list(pixels.shape)} {pixels.dtype}")
    return pixels


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Returns a view of `[H, W, ...]` that is upright, by the EXIF orientation it was stored in."""
    return _UPRIGHT[orientation](pixels) if orientation in _UPRIGHT else pixels


def to_8_bits(pixels: np.ndarray) -> np.ndarray:
    """Scales uint16 to uint8, rounding; uint8 is returned as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    result = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), _ROWS):
        rows = slice(top, top + _ROWS)
        result[rows] = np.round(pixels[rows].astype(np.float32) / 257)
    return result


def on_white(pixels: np.ndarray) -> Image.Image:
    """Scales an image to 8 bits and blends its transparency with white, by strips.

    Args:
        pixels: `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity, uint8 or uint16.

    Returns:
        Of mode "L" or "RGB".
    """
    if pixels.shape[2:] != (4,):
        return Image.fromarray(to_8_bits(pixels))
    result = Image.new("RGB", pixels.shape[1::-1])
    for top in range(0, len(pixels), _ROWS):
        strip = Image.fromarray(to_8_bits(pixels[top : top + _ROWS]))
        result.paste(_blended_with_white(strip).convert("RGB"), (0, top))
    return result


def _blended_with_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def to_array(image: Image.Image) -> np.ndarray:
    """Copies an image of mode "L", "RGB" or "RGBA" by strips, never holding a second copy."""
    bands = len(image.getbands())
    result = np.empty((image.height, image.width) + (bands,) * (bands > 1), np.uint8)
    for top in range(0, image.height, _ROWS):
        bottom = min(top + _ROWS, image.height)
        result[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return result
