"""New frames of a film, and how they are encoded."""

import functools
import io
import os
import pathlib
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.codec import UnknownCodecError, find_best_pix_fmt_of_list

from jaxcolor import files, ycbcr
from jaxcolor.video_input import Video

# SVT-AV1 would otherwise print what it does; the number means errors alone.
os.environ.setdefault("SVT_LOG", "1")

# By codec, the encoder and its options: little is lost, at about the size of a good original.
_ENCODERS = {
    "av1": ("libsvtav1", {"crf": "16"}),
    "h264": ("libx264", {"crf": "16"}),
    "hevc": ("libx265", {"crf": "16", "x265-params": "log-level=error"}),
    "rawvideo": ("ffv1", {}),  # Lossless too; joined raw samples would lose their layout.
    "vp8": ("libvpx", {"crf": "4", "b": "50M"}),
    "vp9": ("libvpx-vp9", {"crf": "16", "cpu-used": "4", "row-mt": "1"}),
}
# Of all others: quantizer 2, in FFmpeg's units. Lossless ones do not read it.
_QUANTIZER = {"flags": "+qscale", "global_quality": "236"}
_DEPTHS = ("", "9le", "10le", "12le", "14le", "16le")
_FORMATS = (
    *(f"yuv{sampling}p{depth}" for sampling in (420, 422, 444) for depth in _DEPTHS),
    *("yuvj420p", "yuvj422p", "yuvj444p", "yuv410p", "yuv411p", "yuv440p"),
)
_RANGES = ("MPEG", "JPEG")
# Containers of segments: Matroska, and NUT for what it does not take or rewrites so that not all
# other containers take it.
_CONTAINERS = ("matroska", "nut")
_REWRITTEN = ("libx264", "libx265")


class Encoder:
    """Makes and writes the frames of a film, by its own codec.

    Raw video becomes FFV1, and what cannot be written H.264.

    There are no B-frames: packets have the order of the frames, so that segments can be joined.
    """

    def __init__(self, video: Video):
        """Chooses the encoder and the pixel format."""
        self._video = video
        name, self._options = _ENCODERS.get(video.codec, (video.codec, _QUANTIZER))
        codec = _find(name)
        if codec is None or not _containers(codec.name):
            name, self._options = _ENCODERS["h264"]
            codec = av.codec.Codec(name, "w")
        self._name = codec.name
        self._pix_fmt = video.pix_fmt.replace("gray", "yuv420p")
        offered = {kind.name for kind in codec.video_formats or ()} or {*_FORMATS}
        if self._pix_fmt not in offered.intersection(_FORMATS):
            usable = [name for name in _FORMATS if name in offered]
            best: Any = find_best_pix_fmt_of_list(usable, self._pix_fmt)[0]
            self._pix_fmt = best.name
        depth = av.VideoFormat(self._pix_fmt).components[0].bits
        self.encoding = video.encoding._replace(depth=depth)

    def luma(self, frame: av.VideoFrame) -> np.ndarray:
        """Returns a frame's plane of luma, `[H, W]` uint8 or uint16, unchanged.

        A frame of another size than the film's first one is scaled to its, and one of more bits
        than the encoder takes is rounded.
        """
        video, kind = self._video, frame.format
        plain = (
            kind.name.startswith(("yuv4", "yuvj4", "gray"))
            and not kind.is_big_endian
            and kind.components[0].bits == self.encoding.depth
            and (frame.width, frame.height) == (video.width, video.height)
        )
        if not plain:
            kept = _RANGES[self.encoding.full_range]
            frame = frame.reformat(
                video.width,
                video.height,
                self._pix_fmt,
                src_color_range=kept,
                dst_color_range=kept,
            )
        return _plane(frame, 0)

    def frame(self, luma: np.ndarray, ab: np.ndarray) -> av.VideoFrame:
        """Makes a frame of luma, as from `luma`, and a and b, `[h, w, 2]` float32 in [-1, 1]."""
        frame = av.VideoFrame(self._video.width, self._video.height, self._pix_fmt)
        _plane(frame, 0)[:] = luma
        size = frame.planes[1].height, frame.planes[1].width
        for i, plane in enumerate(np.asarray(ycbcr.chroma(luma, ab, self.encoding, size)), 1):
            _plane(frame, i)[:] = plane
        return frame

    def write(self, path: pathlib.Path, frames: Iterable[av.VideoFrame]) -> None:
        """Encodes frames into a file that `video_join` reads, whole or not at all.

        Its times number the frames: the units of time of many a codec are too coarse for others.
        """
        video = self._video
        kind = _containers(self._name)[0]
        rate = _simplified(video.rate)
        with files.written_whole(path) as partial, av.open(partial, "w", kind) as container:
            stream: Any = container.add_stream(self._name, rate, options=self._options)
            stream.width, stream.height, stream.pix_fmt = video.width, video.height, self._pix_fmt
            stream.codec_context.time_base = 1 / rate
            stream.codec_context.max_b_frames = 0
            stream.codec_context.sample_aspect_ratio = video.pixel_shape
            stream.thread_type = "AUTO"
            for name, value in video.tags.items():
                setattr(stream.codec_context, name, value)
            for number, frame in enumerate(frames):
                frame.pts, frame.time_base = number, stream.codec_context.time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def _find(name: str) -> av.codec.Codec | None:
    """Returns the encoder of a name, of its own or of its codec, if there is one."""
    try:
        return av.codec.Codec(name, "w")
    except UnknownCodecError:
        return None


@functools.cache
def _containers(encoder: str) -> list[str]:
    """Returns the containers that take what an encoder makes as it is, the best one first."""
    found = []
    for kind in _CONTAINERS:
        with av.open(io.BytesIO(), "w", kind) as container:
            if encoder in container.supported_codecs:
                found.append(kind)
    return found[::-1] if encoder in _REWRITTEN else found


def _simplified(rate: Fraction) -> Fraction:
    """Returns a rate near another one, of two numbers below 2¹⁶, as MPEG-4 needs them."""
    near = min(max(rate, Fraction(1, 1001)), Fraction(2**16 - 1)).limit_denominator(1001)
    return near if near.numerator < 2**16 else Fraction(round(near))


def _plane(frame: av.VideoFrame, index: int) -> np.ndarray:
    """Returns a view of a plane's samples."""
    plane: Any = frame.planes[index]
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    samples = np.frombuffer(plane, dtype).reshape(plane.height, -1)
    return samples[:, : plane.width]
