"""What an image file holds besides its pixels, as it is to be written with the upright pixels."""

import dataclasses
import re
from collections.abc import Iterator

from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin

_EXIF, _GPS, _INTEROP = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop
_WIDTH, _HEIGHT = ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight
_SRGB, _ADOBE_RGB, _SRGB_INDEX = 1, "R03", "R98"

# Tags of TIFF that say how the pixels are stored, or that are kept by themselves.
_STORAGE = frozenset(
    {*range(254, 267), 273, 274, *range(277, 282), 284, *range(288, 294), 297, 301}
    | {*range(317, 326), 330, *range(332, 348), *range(512, 522), *range(529, 533), 700, 34675}
) - {ExifTags.Base.DocumentName}
# Photoshop's resources: their tag in a TIFF, what they begin with in a JPEG, and those that hold a
# small picture. Its layers have a tag of their own.
_RESOURCES, _PHOTOSHOP, _THUMBNAILS = 34377, b"Photoshop 3.0\0", (1033, 1036)
_LAYERS = 37724
SEGMENT = 65_533  # Bytes of a segment of a JPEG.
_XMP_IN_PNG = "XML:com.adobe.xmp"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/"


@dataclasses.dataclass
class Metadata:
    """What an image file holds besides its pixels.

    Attributes:
        exif: a block as `PIL.Image.Exif` makes it, of an upright picture, without its thumbnail; or
            nothing.
        profile: the ICC profile of the pixels, or nothing.
        xmp: a packet, of an upright picture, or nothing.
        dpi: pixels per inch, horizontally and vertically.
        text: of a PNG, by keyword.
        comment: of a JPEG.
        segments: whole segments of a JPEG: captions (IPTC) and the further parts of a long XMP.
    """

    exif: bytes = b""
    profile: bytes = b""
    xmp: bytes = b""
    dpi: tuple[float, float] | None = None
    text: dict[str, str] = dataclasses.field(default_factory=dict)
    comment: bytes = b""
    segments: bytes = b""


def collect(image: Image.Image) -> tuple[Metadata, list[str]]:
    """Collects what an image file holds besides its pixels.

    Args:
        image: just opened.

    Returns:
        The metadata, and a line about each part that is damaged and left out.
    """
    problems = []
    try:
        exif = _upright_exif(image.getexif(), _captions(image))
    except Exception as error:  # Whatever a damaged block provokes in Pillow.
        exif = b""
        problems.append(f"its EXIF data are damaged ({error}) and left out")
    text = dict(image.text) if isinstance(image, PngImagePlugin.PngImageFile) else {}
    xmp = image.info.get("xmp") or text.get(_XMP_IN_PNG) or b""
    segments = [
        bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data
        for marker, data in _segments(image)
    ]
    metadata = Metadata(
        exif,
        image.info.get("icc_profile") or b"",
        _upright_xmp(xmp.encode() if isinstance(xmp, str) else xmp),
        _dpi(image.info.get("dpi")),
        {
            key: value
            for key, value in text.items()
            if key not in (_XMP_IN_PNG, "Raw profile type exif", "Raw profile type xmp")
        },
        image.info.get("comment", b"") if image.format in ("JPEG", "MPO") else b"",
        b"".join(segments),
    )
    return metadata, problems


def tag_as_srgb(exif: bytes) -> bytes:
    """Returns an EXIF block whose color space, where it names one, is sRGB."""
    if not exif:
        return exif
    block = Image.Exif()
    block.load(exif)
    camera = block.get_ifd(_EXIF)
    if ExifTags.Base.ColorSpace in camera:
        camera[ExifTags.Base.ColorSpace] = _SRGB
    if _INTEROP in camera and block.get_ifd(_INTEROP).get(1) == _ADOBE_RGB:
        block.get_ifd(_INTEROP)[1] = _SRGB_INDEX
    return _upright_exif(block)


def is_adobe_rgb(exif: bytes) -> bool:
    """Tells whether an EXIF block, or nothing, says that the colors are those of Adobe RGB."""
    if not exif:
        return False
    block = Image.Exif()
    block.load(exif)
    return _INTEROP in block.get_ifd(_EXIF) and block.get_ifd(_INTEROP).get(1) == _ADOBE_RGB


def without_photoshop(exif: bytes) -> bytes:
    """Returns an EXIF block without Photoshop's settings and layers, which can be large."""
    block = Image.Exif()
    block.load(exif)
    for tag in (_RESOURCES, _LAYERS):
        block.pop(tag, None)
    return _upright_exif(block)


def _segments(image: Image.Image) -> Iterator[tuple[int, bytes]]:
    """Yields the markers and contents of those segments of a JPEG that are kept."""
    resources = b""
    for name, data in getattr(image, "applist", []):
        if name == "APP1" and data.startswith(_XMP_EXTENSION):
            yield 0xE1, data
        elif name == "APP13" and data.startswith(_PHOTOSHOP):
            resources += data[len(_PHOTOSHOP) :]  # One stream, whatever segments divide it.
        elif name == "APP13":
            yield 0xED, data
    resources = _without_thumbnails(resources)
    for start in range(0, len(resources), size := SEGMENT - len(_PHOTOSHOP)):
        yield 0xED, _PHOTOSHOP + resources[start : start + size]


def _without_thumbnails(resources: bytes) -> bytes:
    """Leaves out Photoshop's small pictures of the photograph, which are without its new colors.

    A resource is "8BIM", its number, a name with its length before it, and data with theirs; names
    and data are filled up to even lengths. What is not of this form is kept as it is.
    """
    kept, start = b"", 0
    while resources.startswith(b"8BIM", start) and start + 12 <= len(resources):
        number = int.from_bytes(resources[start + 4 : start + 6], "big")
        sized = start + 6 + (resources[start + 6] + 2) // 2 * 2
        length = int.from_bytes(resources[sized : sized + 4], "big")
        end = sized + 4 + (length + 1) // 2 * 2
        if number not in _THUMBNAILS:
            kept += resources[start:end]
        start = end
    return kept + resources[start:]


def _captions(image: Image.Image) -> bytes:
    """Returns the captions (IPTC) of a TIFF, which Pillow decodes as one number."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        raw = TiffImagePlugin.ImageFileDirectory_v1.from_v2(image.tag_v2).tagdata
        return raw.get(TiffImagePlugin.IPTC_NAA_CHUNK, b"")
    return b""


def _upright_exif(source: Image.Exif, captions: bytes = b"") -> bytes:
    kept = Image.Exif()
    kept.endian = source.endian
    sideways = source.get(ExifTags.Base.Orientation, 1) > 4
    for tag in source:
        if tag in (_EXIF, _GPS):
            kept[tag] = dict(source.get_ifd(tag))
        elif tag == TiffImagePlugin.IPTC_NAA_CHUNK:
            kept[tag] = captions or source[tag]
        elif tag == _RESOURCES and isinstance(source[tag], bytes):
            kept[tag] = _without_thumbnails(source[tag])
        elif tag not in _STORAGE:
            kept[tag] = source[tag]
    camera = kept.get(_EXIF, {})
    if _INTEROP in camera:
        camera[_INTEROP] = dict(source.get_ifd(_INTEROP))
    if sideways and {_WIDTH, _HEIGHT} <= camera.keys():
        camera[_WIDTH], camera[_HEIGHT] = camera[_HEIGHT], camera[_WIDTH]
    return kept.tobytes() if len(kept) else b""


def _upright_xmp(xmp: bytes) -> bytes:
    return re.sub(rb'(tiff:Orientation\s*(?:=\s*["\']|>)\s*)[2-8]', rb"\g<1>1", xmp)


def _dpi(dpi: tuple[float, float] | None) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in dpi or ())
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None
