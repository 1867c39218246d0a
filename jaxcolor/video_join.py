"""The whole film: its new video, and copies of all else that it holds."""

import contextlib
import heapq
import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from jaxcolor import files, listing
from jaxcolor.config import InputError
from jaxcolor.video_input import Film, first_video

# Kinds of streams that containers take from one another.
_COPIED = ("audio", "subtitle", "attachment", "video")


def check(film: Film, segment: pathlib.Path, target: pathlib.Path) -> None:
    """Makes sure that `join` will be able to write the file, by writing its header.

    Args:
        film: that the segment is of.
        segment: one, as `video_encoder.Encoder.write` makes them.
        target: as of `join`.

    Raises:
        InputError: the container cannot hold one of the streams.
    """
    trial = target.with_name(f".{target.stem}.trial{target.suffix}")
    try:
        with _opened(film, segment, trial):
            pass
    finally:
        trial.unlink(missing_ok=True)


def join(film: Film, segments: Sequence[pathlib.Path], target: pathlib.Path) -> None:
    """Writes a film's new video, and copies of its sound, subtitles, chapters and titles.

    Streams of other kinds are left out, and listed on the screen.

    Args:
        film: that has been read to its end.
        segments: in order, at least one, as `video_encoder.Encoder.write` makes them.
        target: file to write; its suffix selects the container.

    Raises:
        InputError: the container cannot hold one of the streams.
    """
    with (
        files.written_whole(target) as partial,
        _opened(film, segments[0], partial) as (source, output, streams),
    ):
        video = streams.pop(first_video(film.path, source).index)
        ours, others = _encoded(film, segments, video), _copied(source, streams)
        for packet in heapq.merge(ours, others, key=_seconds):
            output.mux(packet)
        listing.report(
            [
                f"{film.path}: stream {stream.index} ({stream.type})"
                for stream in source.streams
                if stream.type not in _COPIED
            ]
        )


@contextlib.contextmanager
def _opened(
    film: Film, segment: pathlib.Path, path: pathlib.Path
) -> Iterator[tuple[InputContainer, OutputContainer, dict[int, Any]]]:
    """Opens a film and its copy, up to the header, with the new streams by the old ones' index."""
    streams: dict[int, Any] = {}
    with av.open(film.path, metadata_errors="replace") as source:
        video = first_video(film.path, source)
        with av.open(path, "w") as output, av.open(segment) as part:
            try:
                for stream in source.streams:
                    if stream.type in _COPIED:
                        template = part.streams.video[0] if stream == video else stream
                        copy = output.add_stream_from_template(template, opaque=True)
                        copy.metadata.update(stream.metadata)
                        copy.disposition = stream.disposition
                        streams[stream.index] = copy
                _describe(streams[video.index], film)
                output.metadata.update(source.metadata)
                output.set_chapters(source.chapters())
                output.start_encoding()
            except (ValueError, av.error.FFmpegError) as error:
                raise InputError(
                    f"{path.suffix}: cannot hold the streams of {film.path}: {error}; copy them to "
                    "a .mkv file first, such as by ffmpeg -c copy"
                ) from error
            yield source, output, streams


def _describe(stream: Any, film: Film) -> None:
    """Tells the container what the segments do not record."""
    video = film.video
    stream.time_base = video.time_base
    stream.codec_context.framerate = video.rate
    stream.codec_context.sample_aspect_ratio = video.pixel_shape
    for name, value in video.tags.items():
        setattr(stream.codec_context, name, value)
    stream.set_display_matrix(video.display_matrix)


def _encoded(film: Film, segments: Sequence[pathlib.Path], stream: Any) -> Iterator[Any]:
    """Reads the packets of all segments, for `stream`."""
    packets = itertools.chain.from_iterable(map(_read, segments))
    spans = itertools.pairwise([*film.times, film.end])
    for packet, (time, end) in zip(packets, spans, strict=True):
        packet.pts = packet.dts = time
        packet.duration = end - time
        packet.time_base = film.video.time_base
        packet.stream = stream
        yield packet


def _read(segment: pathlib.Path) -> Iterator[Any]:
    with av.open(segment) as container:
        yield from (packet for packet in container.demux(video=0) if packet.size)


def _copied(source: InputContainer, streams: dict[int, Any]) -> Iterator[Any]:
    """Reads the packets of the other streams, to the end of the film or to where it is damaged."""
    with contextlib.suppress(av.error.FFmpegError):
        for packet in source.demux([source.streams[index] for index in streams]) if streams else ():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                yield packet


def _seconds(packet: av.Packet) -> float:
    time = packet.pts if packet.dts is None else packet.dts
    return -float("inf") if time is None else float(time * packet.time_base)
