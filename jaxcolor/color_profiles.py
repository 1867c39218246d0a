"""ICC profiles: which pixels need a conversion to sRGB, and the conversion, at 8 and 16 bits."""

import functools
import io
from typing import NamedTuple

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from jaxcolor.config import InputError

# A conversion that changes no channel by more is none.
_SAME = 1
# What a profile calls its colors, and Pillow its pixels.
_MODES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}


class Profile(NamedTuple):
    """A profile that was found to work.

    Attributes:
        data: the profile.
        name: that it has of itself.
        mode: Pillow's name of the pixels it is for: "L", "RGB" or "CMYK".
        is_srgb: whether it changes no color.
    """

    data: bytes
    name: str
    mode: str
    is_srgb: bool


def check(data: bytes, mode: str) -> Profile:
    """Opens a profile and converts a grid of colors with it.

    Args:
        data: the profile.
        mode: of the image, "L", "RGB" or "CMYK"; a profile for "RGB" is right for "L" as well.

    Raises:
        InputError: it is damaged, or for another mode.
    """
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(data)).profile
        name = (opened.profile_description or "without a name").strip()
        wanted = _MODES.get(opened.xcolor_space, opened.xcolor_space)
        if wanted != mode and (wanted, mode) != ("RGB", "L"):
            raise InputError(f"{name}: is for {wanted}")
        levels = np.linspace(0, 255, 16).round().astype(np.uint8)
        grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(16, -1, 3)
        colors = Image.fromarray(grid).convert(wanted)
        changed = np.asarray(convert(colors, Profile(data, name, wanted, False))).astype(int)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise InputError(str(error)) from error
    return Profile(data, name, wanted, wanted == "RGB" and np.abs(changed - grid).max() <= _SAME)


def convert(image: Image.Image, profile: Profile) -> Image.Image:
    """Converts an image to sRGB.

    Args:
        image: of the profile's mode; it is not kept.
        profile: of its pixels.

    Returns:
        Of mode "L" if the profile is for gray, "RGB" otherwise.
    """
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(d)) for d in (profile.data, srgb()))
    transform = ImageCms.buildTransform(source, target, image.mode, "RGB")
    if image.mode == "RGB":
        ImageCms.applyTransform(image, transform, inPlace=True)
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted.getchannel("G") if image.mode == "L" else converted


def convert_deep(pixels: np.ndarray, profile: Profile) -> np.ndarray:
    """Converts `[H, W]` or `[H, W, 3]` uint16, as the profile's mode says, to sRGB."""
    space = "gray" if profile.mode == "L" else "rgb"
    converted = imagecodecs.cms_transform(
        np.ascontiguousarray(pixels), profile.data, srgb(), colorspace=space, outcolorspace="rgb"
    )
    return converted[..., 1] if space == "gray" else converted


@functools.cache
def srgb() -> bytes:
    """Returns the sRGB profile that is written, the same bytes at any time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07d000010001000000000000")  # its date, 1 January 2000
    return bytes(profile)


def adobe_rgb() -> bytes:
    """Returns a profile of Adobe RGB (1998)."""
    return bytes(imagecodecs.cms_profile("adobergb"))
