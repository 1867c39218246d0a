"""Films as they are read: what their video is, and their frames."""

import array
import collections
import pathlib
import types
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import av
import av.video.frame
import numpy as np

from jaxcolor import files, ycbcr
from jaxcolor.config import InputError

# Shares of red and blue in luma by matrix coefficients, ITU-T H.273, table 4.
_BT709, _BT601 = (0.2126, 0.0722), (0.299, 0.114)
_SHARES = {
    1: _BT709,
    4: (0.30, 0.11),
    5: _BT601,
    6: _BT601,
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
_UNSPECIFIED = 2
# The transfer characteristics of high dynamic range there, table 3: PQ and HLG.
_HDR = {16: "PQ", 18: "HLG"}
_FULL_RANGE, _LIMITED_RANGE = 2, 1


class Video(NamedTuple):
    """What the frames of a film have in common, taken from the first one.

    Attributes:
        codec: its name, such as "h264".
        pix_fmt: the name of the pixel format, such as "yuv420p10le".
        width: in samples.
        height: in samples.
        encoding: of the samples.
        time_base: the unit of its times, in seconds.
        rate: nominal frames per second.
        end: when the last frame ends, as the file says, in units of `time_base`; or None.
        num_frames: as the file says or as length and rate let expect; 0 if it is not known.
        tags: color_range, colorspace, color_primaries and color_trc.
        pixel_shape: width by height of a pixel; 0 if it is not known.
        display_matrix: nine integers, or None; how players rotate and mirror the frames.
        rotation: by that matrix, degrees counterclockwise, rounded to a multiple of 90.
    """

    codec: str
    pix_fmt: str
    width: int
    height: int
    encoding: ycbcr.Encoding
    time_base: Fraction
    rate: Fraction
    end: int | None
    num_frames: int
    tags: dict[str, int]
    pixel_shape: Fraction
    display_matrix: list[int] | None
    rotation: int


class Film:
    """A film that is open for reading; a context manager.

    Attributes:
        path: of the file.
        video: what its first video is.
        times: of the frames that have been read, in units of `video.time_base`, ascending.
        end: when the last one of them ends.
    """

    def __init__(self, path: pathlib.Path):
        """Opens a film.

        Raises:
            InputError: the file cannot be read, holds no video, or one whose luma cannot be kept.
        """
        self.path = path
        self.times = array.array("q")
        self.end = 0
        self._damage: list[str] = []
        try:
            files.require_regular(path)
            self.video = self._describe()
            self._container = av.open(path, metadata_errors="replace")
        except (OSError, av.error.FFmpegError) as error:
            raise InputError(f"{path}: {error.strerror or error}") from error

    def __enter__(self) -> "Film":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        self._container.close()

    @property
    def problems(self) -> list[str]:
        """An error message if some part could not be decoded."""
        if not self._damage:
            return []
        more = f", and {len(self._damage) - 1} more" if len(self._damage) > 1 else ""
        return [f"{self.path}: damaged {self._damage[0]}{more}; all other frames are colored"]

    def frames(self) -> Iterator[av.VideoFrame]:
        """Decodes the film, from its start, once.

        The time of each frame is noted in `times`; one that is missing, or not later than that of
        the frame before, is replaced by the end of that one. What cannot be decoded is left out,
        and noted in `problems`.
        """
        usual = max(1, round(1 / (self.video.rate * self.video.time_base)))
        for frame in self._decode(self._container):
            time = frame.pts
            if time is None or (self.times and time <= self.times[-1]):
                time = self.end
            self.times.append(time)
            self.end = time + (frame.duration or usual)
            yield frame
        # What a file says of the length of its last frame alone may belong to another one.
        if self.video.end is not None and self.times and self.video.end > self.times[-1]:
            self.end = self.video.end

    def _decode(self, container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
        """Decodes the first video as far as possible, damaged frames included."""
        stream = first_video(self.path, container)
        stream.thread_type = "AUTO"
        stream.codec_context.flags |= av.codec.context.Flags.output_corrupt
        packets = container.demux(stream)
        # These files number their packets; the times of frames that are reordered are guesses.
        times = collections.deque[int | None]() if container.format.name == "avi" else None
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self._damage.append(f"at its end ({error.strerror})")
                return
            if packet is None:
                return
            try:
                decoded = packet.decode()
                if times is not None and packet.size:
                    times.append(packet.dts)
            except av.error.FFmpegError as error:
                self._note(packet.pts or packet.dts, packet.time_base, error.strerror)
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self._note(frame.pts, frame.time_base, "partly decoded")
                if times is not None:
                    frame.pts = times.popleft() if times else None
                yield frame

    def _note(self, time: int | None, unit: Fraction | None, reason: str | None) -> None:
        place = "" if time is None or unit is None else f"at {float(time * unit):.2f} s "
        self._damage.append(f"{place}({reason})")

    def _describe(self) -> Video:
        with av.open(self.path, metadata_errors="replace") as container:
            stream = first_video(self.path, container)
            first = next(self._decode(container), None)
            self._damage.clear()
            if first is None:
                raise InputError(f"{self.path}: no frame of its video can be decoded")
            _require_luma(self.path, first)
            matrix: Any = first.side_data.get("DISPLAYMATRIX")
            rate = stream.guessed_rate or stream.average_rate or Fraction(25)
            return Video(
                codec=stream.codec_context.codec.canonical_name,
                pix_fmt=first.format.name,
                width=first.width,
                height=first.height,
                encoding=_encoding(self.path, first),
                time_base=stream.time_base,
                rate=rate,
                end=None if stream.duration is None else (stream.start_time or 0) + stream.duration,
                num_frames=stream.frames or round((container.duration or 0) / av.time_base * rate),
                tags=_tags(first),
                pixel_shape=stream.sample_aspect_ratio or Fraction(0),
                display_matrix=matrix and np.frombuffer(matrix, np.int32).tolist(),
                rotation=round(first.rotation / 90) * 90,
            )


def first_video(path: pathlib.Path, container: Any) -> Any:
    """Returns the first video that is no picture of a cover."""
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        raise InputError(f"{path}: holds no video")
    return streams[0]


def _require_luma(path: pathlib.Path, frame: av.VideoFrame) -> None:
    """Refuses frames without a plane of luma that is all that is to be kept."""
    parts = frame.format.components
    if frame.format.is_rgb or frame.format.has_palette or any(part.is_alpha for part in parts):
        raise InputError(
            f"{path}: its pixel format {frame.format.name} is RGB or has transparency; convert it "
            "to Y′CbCr, such as by ffmpeg -pix_fmt yuv444p"
        )
    if frame.color_trc in _HDR:
        raise InputError(
            f"{path}: video of high dynamic range ({_HDR[frame.color_trc]}) is not supported; "
            "convert it to BT.709"
        )


def _encoding(path: pathlib.Path, frame: av.VideoFrame) -> ycbcr.Encoding:
    shares = _SHARES.get(frame.colorspace)
    if frame.colorspace == _UNSPECIFIED or (not shares and frame.format.name.startswith("gray")):
        # What players assume of high and of standard definition.
        shares = _BT709 if frame.width >= 1280 or frame.height > 576 else _BT601
    if not shares:
        raise InputError(
            f"{path}: matrix coefficients {frame.colorspace} are not supported; convert it to "
            "BT.709"
        )
    return ycbcr.Encoding(
        *shares, full_range=_is_full_range(frame), depth=frame.format.components[0].bits
    )


def _is_full_range(frame: av.VideoFrame) -> bool:
    if frame.color_range in (_FULL_RANGE, _LIMITED_RANGE):
        return frame.color_range == _FULL_RANGE
    return frame.format.name.startswith(("gray", "yuvj"))


def _tags(frame: av.VideoFrame) -> dict[str, int]:
    names = ("color_range", "colorspace", "color_primaries", "color_trc")
    tags = {name: int(getattr(frame, name)) for name in names}
    if frame.format.name.startswith("gray") and _is_full_range(frame):
        tags["color_range"] = _FULL_RANGE
    return tags
