"""Colors files of thirteen kinds and compares their metadata before and after, by exiftool.

    python scripts/check_metadata.py

Needs exiftool (Debian: libimage-exiftool-perl). The files are made by this script. Prints a table,
and ends with status 1 if a tag was lost or has changed for which no rule is stated here.
"""

import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from jaxcolor import file_batch, images, inference

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_ADOBE_RGB = imagecodecs.cms_profile("adobergb")
_GRAY = imagecodecs.cms_profile("gray", gamma=2.2)

_CAMERA = [
    "-IFD0:Make=Canon",
    "-IFD0:Model=EOS_R5",
    "-IFD0:Orientation#=6",
    "-IFD0:Artist=A.Person",
    "-IFD0:Copyright=CC-BY",
    "-IFD0:ModifyDate=2024:05:01_10:00:00",
    "-ExifIFD:DateTimeOriginal=2024:05:01_10:00:00",
    "-ExifIFD:OffsetTimeOriginal=+02:00",
    "-ExifIFD:FNumber=2.8",
    "-ExifIFD:ExposureTime=1/250",
    "-ExifIFD:ISO=400",
    "-ExifIFD:FocalLength=50",
    "-ExifIFD:LensModel=RF50mm",
    "-ExifIFD:LensInfo=24_70_2.8_2.8",
    "-ExifIFD:UserComment=harbor",
    "-ExifIFD:ExifImageWidth=64",
    "-ExifIFD:ExifImageHeight=48",
    "-ExifIFD:ColorSpace#=1",
    "-ExifIFD:Flash#=16",
    "-ExifIFD:SubSecTimeOriginal=07",
    "-ExifIFD:SerialNumber=0042",
    "-InteropIFD:InteropIndex=R98",
    "-GPS:GPSLatitude=48.2082",
    "-GPS:GPSLatitudeRef=N",
    "-GPS:GPSLongitude=16.3738",
    "-GPS:GPSLongitudeRef=E",
    "-GPS:GPSAltitude=171",
    "-GPS:GPSAltitudeRef#=0",
    "-GPS:GPSDateStamp=2024:05:01",
]
_CAPTION = [
    "-IPTC:Headline=Harbor",
    "-IPTC:Caption-Abstract=Boats_at_dawn",
    "-IPTC:Keywords=boat",
    "-IPTC:Keywords=dawn",
    "-IPTC:City=Trieste",
    "-IPTC:By-line=A.Person",
]
_XMP = [
    "-XMP-dc:Title=Harbor",
    "-XMP-dc:Subject=boat",
    "-XMP-dc:Subject=dawn",
    "-XMP-xmp:Rating=4",
    "-XMP-dc:Creator=A.Person",
    "-XMP-photoshop:City=Trieste",
    "-XMP-tiff:Orientation#=6",
]

# What is not content: how pixels are stored, and what follows from other tags.
_GROUPS = (
    "System",
    "ICC_Profile",
    "Composite",
    "ExifTool",
    "IFD1",
    "SourceFile",
    "MPF",
    "MPImage",
    "ICC-",
)
_STORAGE = re.compile(
    r"ImageWidth|ImageHeight|BitsPerSample|BitDepth|ColorType|Compression|Strip|RowsPerStrip|"
    r"Photometric|SamplesPerPixel|PlanarConfig|Predictor|FillOrder|T4Options|T6Options|"
    r"Filter|Interlace|Palette|Transparency|NumColors|NumImportantColors|ImageLength|"
    r"BMPVersion|Planes|Encoding|ColorComponents|YCbCr|MIMEType|FileType|ExifByteOrder|"
    r"Profile|CurrentIPTCDigest|IPTCDigest|DCTEncode|APP14|ColorTransform|XMPToolkit|VP8|Alpha|"
    r"ExtraSamples|SubfileType|Meta|HandlerType|Primary|Brand|AV1|ImageSpatial|ImagePixel|"
    r"Media|Chroma|Rotation|ContentDescription|Mirroring|Canvas|HorizontalScale|VerticalScale|"
    r"SRGBRendering|NativeDigest|ExifToolVersion|JFIFVersion"
)
_RULES = {
    "Orientation": "orientation 1",
    "ExifImageWidth": "sides as the picture's",
    "ExifImageHeight": "sides as the picture's",
    "ColorSpace": "sRGB named",
    "InteropIndex": "sRGB named",
}


def main() -> None:
    """Makes, colors and compares all kinds of file."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, make in _KINDS.items():
            make(folder / kind)
        paths = [folder / kind for kind in _KINDS]
        output = file_batch.Output(folder / "out")
        problems = file_batch.colorize_files(inference.load(), paths, output).problems
        if problems:
            sys.exit("\n".join(problems))
        print("| file | tags | kept | changed by rule | lost or changed otherwise |")
        print("|---|--:|--:|---|---|")
        wrong = [kind for kind in _KINDS if _compare(folder / kind, folder / "out" / kind)]
    if wrong:
        sys.exit(f"error: metadata lost: {', '.join(wrong)}")


def _compare(before: pathlib.Path, after: pathlib.Path) -> list[str]:
    old, new = _tags(before), _tags(after)
    rules, wrong, kept = [], [], 0
    for tag, value in old.items():
        name = tag.rpartition(":")[2]
        if new.get(tag) == value:
            kept += 1
        elif name in _RULES:
            rules.append(_RULES[name])
        else:
            wrong.append(f"{tag} {value} → {new.get(tag, 'nothing')}")
    profiles = _profile(before), _profile(after)
    if profiles[0] != profiles[1]:
        rules.append(f"profile {profiles[0]} → {profiles[1]}")
    depths = _depth(before), _depth(after)
    print(
        f"| {before.name} ({depths[0]} → {depths[1]}) | {len(old)} | {kept} | "
        f"{'; '.join(dict.fromkeys(rules)) or '-'} | {'; '.join(wrong) or '-'} |"
    )
    return wrong


def _exiftool(*arguments: object) -> str:
    command = ["exiftool", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _tags(path: pathlib.Path) -> dict[str, object]:
    (found,) = json.loads(_exiftool("-j", "-a", "-G1", "-ee0", path))
    return {
        tag: value
        for tag, value in found.items()
        if not tag.startswith(_GROUPS) and not _STORAGE.search(tag.rpartition(":")[2])
    }


def _profile(path: pathlib.Path) -> str:
    return _exiftool("-s3", "-ICC_Profile:ProfileDescription", path).strip() or "none"


def _depth(path: pathlib.Path) -> str:
    with Image.open(path) as image:
        return image.mode if "16" not in str(image.tile) else f"{image.mode}, 16 bits"


def _picture() -> Image.Image:
    small = np.random.default_rng(0).integers(60, 190, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(images.resize(small, 48, 64))


def _pillow(
    mode: str, *tags: str, convert: Callable[[Image.Image], Image.Image] | None = None, **options
) -> Callable[[pathlib.Path], None]:
    def make(path: pathlib.Path) -> None:
        image = _picture().convert(mode)
        (convert(image) if convert else image).save(path, **options)
        _tag(path, *tags)

    return make


def _tag(path: pathlib.Path, *tags: str) -> None:
    if tags:
        _exiftool("-overwrite_original", *(tag.replace("_", " ") for tag in tags), path)


def _phone(path: pathlib.Path) -> None:
    _picture().save(path, "MPO", save_all=True, append_images=[_picture()], dpi=(72, 72))
    _tag(path, *_CAMERA)


def _deep(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(np.uint16) * 257


def _deep_png(path: pathlib.Path) -> None:
    opacity = np.linspace(0, 65535, 64).astype(np.uint16) * np.ones((48, 1), np.uint16)
    pixels = np.dstack([_deep(_picture()), opacity])
    path.write_bytes(imagecodecs.png_encode(pixels))
    _tag(path, "-PNG:Title=Harbor", "-PNG:Author=A.Person", *_XMP, *_CAMERA)


def _deep_tiff(path: pathlib.Path) -> None:
    """A 16-bit RGB TIFF: the bytes of an 8-bit one of twice the width, under other tags."""
    pixels = _deep(_picture())
    wide = Image.fromarray(pixels.view(np.uint8).reshape(48, 128, 3))
    buffer = io.BytesIO()
    wide.save(buffer, "TIFF", dpi=(1200, 1200), icc_profile=_ADOBE_RGB)
    data = bytearray(buffer.getvalue())
    with Image.open(buffer) as image:
        offset = image.tag_v2.offset + 2
        for i in range(len(image.tag_v2)):
            entry = offset + 12 * i
            tag = int.from_bytes(data[entry : entry + 2], "little")
            if tag == 256:
                data[entry + 8 : entry + 10] = (64).to_bytes(2, "little")
            if tag == 258:
                place = int.from_bytes(data[entry + 8 : entry + 12], "little")
                data[place : place + 6] = b"\x10\x00" * 3
    path.write_bytes(data)
    _tag(path, *_XMP, *_CAPTION, "-IFD0:ImageDescription=negative 12", "-ExifIFD:ColorSpace#=65535")


def _deep_gray(image: Image.Image) -> Image.Image:
    return Image.fromarray(_deep(image))


_KINDS: dict[str, Callable[[pathlib.Path], None]] = {
    "camera.jpg": _pillow("RGB", *_CAMERA, *_XMP, *_CAPTION, icc_profile=_SRGB, dpi=(300, 300)),
    "phone.jpg": _phone,
    "edited_adobe_rgb.jpg": _pillow(
        *("RGB", *_CAPTION, *_XMP, "-ExifIFD:ColorSpace#=65535", "-InteropIFD:InteropIndex=R03"),
        *("-Photoshop:XResolution=240", "-Comment=retouched"),
        **{"icc_profile": _ADOBE_RGB, "dpi": (240, 240)},
    ),
    "scan_gray.jpg": _pillow("L", "-IFD0:Software=VueScan", icc_profile=_GRAY, dpi=(600, 600)),
    "print_cmyk.jpg": _pillow("CMYK", *_CAPTION, dpi=(300, 300)),
    "scan_gray_16.tif": _pillow(
        "L", "-IFD0:Make=Epson", *_XMP, convert=_deep_gray, dpi=(1200, 1200), icc_profile=_GRAY
    ),
    "edited_adobe_rgb_16.tif": _deep_tiff,
    "fax.tif": _pillow("1", "-IFD0:Software=fax", compression="group4", dpi=(204, 196)),
    "layers_16.png": _deep_png,
    "drawing_palette.png": _pillow(
        *("RGB", "-PNG:Comment=ink", "-PNG:Copyright=CC-BY"),
        convert=lambda image: image.quantize(32),
        **{"transparency": 0, "dpi": (144, 144)},
    ),
    "web.webp": _pillow("RGB", *_CAMERA, *_XMP, icc_profile=_SRGB),
    "phone.avif": _pillow("RGB", *_CAMERA, *_XMP, icc_profile=_SRGB),
    "old.bmp": _pillow("RGB", dpi=(96, 96)),
}

if __name__ == "__main__":
    main()
