from fractions import Fraction

import numpy as np
import pytest
from conftest import picture
from PIL import Image

from jaxcolor import images, temporal, video, ycbcr
from jaxcolor.config import InputError
from jaxcolor.file_batch import Output, colorize_files

av = pytest.importorskip("av", reason="films need PyAV: pip install 'jaxcolor[video]'")

from jaxcolor import video_encoder, video_input  # noqa: E402

LEFT, RIGHT = 0.3, -0.3  # The a of the two halves that `Halves` paints, of 110.


# B-frames, whose packets are not in the order of their times; and frames that stand alone.
_OPTIONS = {
    "libx264": {"bf": "2"},
    "ffv1": {"g": "1"},
    "dnxhd": {"profile": "dnxhr_sq"},
}


class Halves:
    """Paints the left half of upright pictures red, the right one green; stops after some calls."""

    keep_lightness = True

    def __init__(self, calls=10**9):
        self.calls_left = calls
        self.shapes = []

    def predict_ab(self, image):
        if not self.calls_left:
            raise KeyboardInterrupt
        self.calls_left -= 1
        self.shapes.append(image.shape)
        ab = np.zeros((16, 16, 2), np.float32)
        ab[:, :8, 0], ab[:, 8:, 0] = LEFT, RIGHT
        return ab


def photo(i, width=64, height=48, **kind):
    """The `i`-th frame of a scene: dark on the left, with something that passes."""
    pixels = np.tile(np.linspace(70, 170, width).astype(np.uint8), (height, 1))
    pixels[10:20, (3 * i) % (width - 10) : (3 * i) % (width - 10) + 10] = 120
    frame = av.VideoFrame.from_ndarray(np.repeat(pixels[..., None], 3, -1), "rgb24")
    return frame.reformat(format=kind.get("format", "yuv420p"), dst_color_range="MPEG")


def make_film(
    path,
    frames=(),
    *,
    codec="ffv1",
    pts=None,
    time_base=Fraction(1, 1000),
    audio=None,
    rotation=None,
    tags=None,
    count=12,
    **kind,
):
    """Writes a film of frames, by default of `photo`, 40 units of time apart."""
    frames = list(frames) or [photo(i, **kind) for i in range(count)]
    pts = pts or [40 * i for i in range(len(frames))]
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, 25, options=_OPTIONS.get(codec, {}))
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = frames[0].format.name
        stream.codec_context.time_base = time_base
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        sound = container.add_stream(audio, 48000, layout="mono") if audio else None
        if sound:
            wave = (8000 * np.sin(np.arange(48000 * len(frames) // 25) / 20)).astype(np.int16)
            samples = av.AudioFrame.from_ndarray(wave[None], "s16", "mono")
            samples.rate, samples.pts = 48000, 0
            container.mux([*sound.encode(samples), *sound.encode(None)])
        for frame, time in zip(frames, pts, strict=True):
            frame.pts, frame.time_base = time, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def samples(frame, i):
    plane = frame.planes[i]
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    return np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width]


def frames_of(path):
    with av.open(path) as container:
        return list(container.decode(video=0))


def times(path):
    return [frame.time for frame in frames_of(path)]


def packets(path, kind):
    """Time, length and content of all packets of a stream."""
    with av.open(path) as container:
        return [
            (packet.pts * packet.time_base, packet.duration * packet.time_base, bytes(packet))
            for packet in container.demux(**{kind: 0})
            if packet.size
        ]


def length(path):
    with av.open(path) as container:
        return container.duration


@pytest.mark.parametrize(
    ("pixels", "written"),
    [
        ("yuv420p", "yuv420p"),
        ("yuv444p", "yuv444p"),
        ("yuv422p10le", "yuv422p10le"),
        ("yuv411p", "yuv411p"),
        ("gray", "yuv420p"),
        ("gray10le", "yuv420p10le"),
    ],
)
def test_luma_is_unchanged_and_chroma_is_new(pixels, written, tmp_path):
    film, out = tmp_path / "film.mkv", tmp_path / "out" / "film.mkv"
    make_film(film, format=pixels, width=67, height=45)
    assert video.colorize(Halves(), film, out) == []
    before, after = frames_of(film), frames_of(out)
    assert len(after) == len(before) == 12
    for old, new in zip(before, after, strict=True):
        assert new.format.name == written
        np.testing.assert_array_equal(samples(old, 0), samples(new, 0))
        half = new.planes[2].width // 2 - 2
        zero = 2 ** (new.format.components[0].bits - 1)
        assert samples(new, 2)[:, :half].min() > zero > samples(new, 2)[:, -half:].max()
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_variable_times_and_the_length_are_kept(suffix, tmp_path):
    film, out = tmp_path / f"film{suffix}", tmp_path / f"out{suffix}"
    pts = [0, 33, 66, 100, 400, 401, 1000, 1040, 1080, 1500, 1501, 1600]
    make_film(film, codec="libx264", pts=pts)
    assert video.colorize(Halves(), film, out) == []
    assert times(out) == times(film) == [pytest.approx(time / 1000) for time in pts]
    assert length(out) == length(film)


@pytest.mark.parametrize(
    ("suffix", "codec", "audio"),
    [
        (".mp4", "libx264", "aac"),
        (".webm", "libvpx-vp9", "libopus"),
        (".avi", "mpeg4", "mp3"),
        (".avi", "libx264", "mp3"),
        (".ts", "libx264", "aac"),
        (".mpg", "mpeg2video", "mp2"),
        (".mov", "prores_ks", "pcm_s16le"),
        (".wmv", "wmv2", "mp3"),
        (".flv", "flv", "mp3"),
        (".avi", "huffyuv", "mp3"),
    ],
)
def test_codec_and_sound_are_kept(suffix, codec, audio, tmp_path):
    film, out = tmp_path / f"film{suffix}", tmp_path / f"out{suffix}"
    pixels = {"prores_ks": "yuv422p10le", "huffyuv": "yuv422p"}.get(codec, "yuv420p")
    coarse = ("mpeg4", "mpeg2video", "wmv2", "flv", "huffyuv")
    rate = Fraction(1, 25 if codec in coarse else 1000)
    step = 1 if rate == Fraction(1, 25) else 40
    pts = [step * i for i in range(12)]
    make_film(film, codec=codec, audio=audio, format=pixels, pts=pts, time_base=rate)
    assert video.colorize(Halves(), film, out) == []
    with av.open(film) as before, av.open(out) as after:
        names = [[s.codec_context.codec.canonical_name for s in c.streams] for c in (before, after)]
    assert names[0] == names[1]
    assert len(frames_of(out)) == 12
    assert packets(out, "audio") == packets(film, "audio") != []
    if suffix != ".avi":  # Of reordered frames it tells readers no time.
        assert times(out) == times(film)


@pytest.mark.parametrize(("suffix", "pixels"), [(".avi", "yuv420p"), (".mkv", "uyvy422")])
def test_films_without_compression_become_lossless_ones(suffix, pixels, tmp_path):
    film, out = tmp_path / f"film{suffix}", tmp_path / f"out{suffix}"
    make_film(film, codec="rawvideo", format=pixels, time_base=Fraction(1, 25), pts=range(12))
    assert video.colorize(Halves(), film, out) == []
    with av.open(out) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == "ffv1"
    for old, new in zip(frames_of(film), frames_of(out), strict=True):
        planar = old.reformat(format="yuv422p") if pixels == "uyvy422" else old
        np.testing.assert_array_equal(samples(planar, 0), samples(new, 0))


def test_a_codec_that_no_segment_holds_becomes_h264(tmp_path):
    film, out = tmp_path / "film.mov", tmp_path / "out.mov"
    frames = [photo(i, 256, 120, format="yuv422p") for i in range(2)]
    make_film(film, frames, codec="dnxhd", pts=[0, 1], time_base=Fraction(1, 25))
    assert video.colorize(Halves(), film, out) == []
    with av.open(out) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == "h264"


@pytest.mark.parametrize(
    ("rate", "near"),
    [
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(480000, 34133), Fraction(14063, 1000)),
        (Fraction(120000, 1001), Fraction(120)),
        (Fraction(1, 3000), Fraction(1, 1001)),
        (Fraction(90000), Fraction(65535)),
    ],
)
def test_rates_are_of_small_numbers(rate, near):
    simple = video_encoder._simplified(rate)
    assert abs(simple - near) < 1e-3
    assert max(simple.numerator, simple.denominator) < 2**16


def test_ten_bits_of_hevc_stay_ten(tmp_path):
    film, out = tmp_path / "film.mp4", tmp_path / "out.mp4"
    make_film(film, codec="libx265", format="yuv420p10le")
    assert video.colorize(Halves(), film, out) == []
    for old, new in zip(frames_of(film), frames_of(out), strict=True):
        assert new.format.name == "yuv420p10le"
        assert np.abs(samples(new, 0) - samples(old, 0).astype(int)).mean() < 4


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_rotated_films_are_colored_upright_and_stay_rotated(rotation, tmp_path):
    film, out = tmp_path / "film.mp4", tmp_path / "out.mp4"
    make_film(film, codec="libx264", rotation=rotation)
    colorizer = Halves()
    assert video.colorize(colorizer, film, out) == []
    assert colorizer.shapes[-1] == ((48, 64) if rotation == 180 else (64, 48))
    frame = frames_of(out)[5]
    assert frame.rotation == frames_of(film)[5].rotation
    assert (frame.rotation - rotation) % 360 == 0
    shown = np.rot90(samples(frame, 2), rotation // 90)
    assert shown[:, :8].min() > 128 > shown[:, -8:].max()


def test_tags_of_color_the_shape_of_pixels_titles_and_chapters_are_kept(tmp_path):
    film, out = tmp_path / "film.mp4", tmp_path / "out.mp4"
    tags = {"color_range": 2, "colorspace": 1, "color_primaries": 1, "color_trc": 1}
    make_film(tmp_path / "plain.mp4", codec="libx264", tags=tags)
    with av.open(tmp_path / "plain.mp4") as source, av.open(film, "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0], opaque=True)
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        target.metadata["title"] = "A film"
        chapter = {"id": 1, "start": 0, "end": 200, "time_base": Fraction(1, 1000)}
        target.set_chapters([{**chapter, "metadata": {"title": "One"}}])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert video.colorize(Halves(), film, out) == []
    for path in (film, out):
        with av.open(path) as container:
            stream = container.streams.video[0]
            assert {name: getattr(stream, name) for name in tags} == tags
            assert stream.sample_aspect_ratio == Fraction(4, 3)
            assert container.metadata["title"] == "A film"
            assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["One"]


def test_colors_do_not_flicker_and_do_not_pass_a_cut(tmp_path):
    film, out = tmp_path / "film.mkv", tmp_path / "out.mkv"
    grays = (np.full((48, 64), level, np.uint8) for level in [120] * 10 + [190] * 10)
    make_film(film, [av.VideoFrame.from_ndarray(gray, "gray") for gray in grays])
    colors = np.random.default_rng(0).normal(0.2, 0.05, 20).astype(np.float32)

    class Flicker(Halves):
        def predict_ab(self, image):
            super().predict_ab(image)
            sign = 1 if image.mean() < 150 else -1
            return np.full((16, 16, 2), sign * colors[len(self.shapes) - 2])

    assert video.colorize(Flicker(), film, out) == []
    red = np.array([samples(frame, 2)[10, 10] for frame in frames_of(out)], float)
    encoding = ycbcr.Encoding(0.299, 0.114, full_range=True, depth=8)
    luma = np.full((2, 2), 120, np.uint8)
    alone = [
        float(ycbcr.chroma(luma, np.full((1, 1, 2), ab), encoding, (1, 1))[1, 0, 0])
        for ab in colors[:10]
    ]
    assert np.abs(np.diff(red[:10])).mean() < np.abs(np.diff(alone)).mean() / 3
    assert red[:10].min() > 135
    assert red[10:].max() < 121


def kill_and_resume(monkeypatch, film, out, calls):
    """Colors a film in two runs and returns the second one's colorizer."""
    monkeypatch.setattr(video, "SEGMENT", 4)
    with pytest.raises(KeyboardInterrupt):
        video.colorize(Halves(calls=calls), film, out)
    assert not out.exists()
    (parts,) = out.parent.glob("*.parts")
    (parts / ".000000.1.partial.segment").write_bytes(b"half of a segment")
    second = Halves()
    assert video.colorize(second, film, out) == []
    return second


@pytest.mark.parametrize("calls", [3, 9, 17, 22])
def test_a_killed_run_is_resumed_with_an_equal_result(calls, tmp_path, monkeypatch):
    film, whole, out = (tmp_path / name for name in ("film.mkv", "whole.mkv", "out.mkv"))
    make_film(film, audio="flac", count=22)
    second = kill_and_resume(monkeypatch, film, out, calls)
    assert video.colorize(Halves(), film, whole) == []
    for kind in ("video", "audio"):
        assert packets(out, kind) == packets(whole, kind)
    finished = max(0, calls - 1 - temporal.RADIUS) // 4 * 4
    assert len(second.shapes) == 1 + 22 - max(0, finished - temporal.RADIUS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mkv", "out.mkv", "whole.mkv"]


def test_another_film_or_model_starts_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "SEGMENT", 4)
    film, out = tmp_path / "film.mkv", tmp_path / "out.mkv"
    make_film(film)
    with pytest.raises(KeyboardInterrupt):
        video.colorize(Halves(calls=11), film, out)

    class Gray(Halves):
        def predict_ab(self, image):
            return 0 * super().predict_ab(image)

    assert video.colorize(Gray(), film, out) == []
    assert all((samples(frame, 2) == 128).all() for frame in frames_of(out))


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "ffv1"])
def test_broken_frames_are_reported_and_all_others_colored(codec, tmp_path):
    film, out = tmp_path / "film.mkv", tmp_path / "out.mkv"
    make_film(film, codec=codec)
    data = bytearray(film.read_bytes())
    broken = packets(film, "video")[5][2]
    start = data.index(broken)
    data[start : start + len(broken)] = bytes(255 - byte for byte in broken)
    film.write_bytes(data)
    problems = video.colorize(Halves(), film, out)
    assert len(problems) == 1
    assert problems[0].startswith(f"{film}: damaged at 0.")
    assert 6 <= len(frames_of(out)) <= 12
    assert times(out)[0] == 0
    assert times(out)[-1] == pytest.approx(0.44)


def test_a_film_that_ends_early_is_colored_to_its_end(tmp_path):
    film, out = tmp_path / "film.mkv", tmp_path / "out.mkv"
    make_film(film)
    data = film.read_bytes()
    film.write_bytes(data[: data.index(packets(film, "video")[7][2]) + 40])
    video.colorize(Halves(), film, out)
    assert len(frames_of(out)) >= 7


def write_rgb(path):
    make_film(path, format="bgr0")


def write_hdr(path):
    make_film(path, tags={"color_trc": 16})


def write_sound(path):
    with av.open(path, "w") as container:
        stream = container.add_stream("flac", 48000, layout="mono")
        wave = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), "s16", "mono")
        wave.rate = 48000
        container.mux([*stream.encode(wave), *stream.encode(None)])


def write_text(path):
    path.write_text("dear reader")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (write_rgb, "bgr0 is RGB or has transparency; convert it"),
        (write_hdr, r"high dynamic range \(PQ\) is not supported"),
        (write_sound, "holds no video"),
        (write_text, "film.mkv: "),
        (lambda path: path.mkdir(), "film.mkv: "),
    ],
)
def test_what_cannot_be_colored(write, message, tmp_path):
    film = tmp_path / "film.mkv"
    write(film)
    with pytest.raises(InputError, match=message):
        video.colorize(Halves(), film, tmp_path / "out.mkv")
    assert list(tmp_path.iterdir()) == [film]


def test_a_container_that_cannot_hold_the_streams_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "SEGMENT", 4)
    make_film(tmp_path / "film.mkv", codec="libx264", count=30)
    film = (tmp_path / "film.mkv").rename(tmp_path / "film.webm")
    colorizer = Halves()
    for _ in range(2):  # The second run finds the segments of the first.
        with pytest.raises(InputError, match=r"cannot hold .*film.webm.*; copy them to a .mkv"):
            video.colorize(colorizer, film, tmp_path / "out" / "film.webm")
    assert len(colorizer.shapes) < 30
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".parts"]


def test_the_lightness_must_be_kept(tmp_path):
    colorizer = Halves()
    colorizer.keep_lightness = False
    with pytest.raises(InputError, match="leave out --no_keep_lightness"):
        video.colorize(colorizer, tmp_path / "film.mkv", tmp_path / "out.mkv")


def test_without_pyav_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"install 'jaxcolor\[video\]'"):
        video.colorize(Halves(), tmp_path / "film.mkv", tmp_path / "out.mkv")


@pytest.mark.parametrize("pixels", ["nv12", "uyvy422", "yuv420p10be", "p010le", "yuva420p"])
def test_luma_of_other_layouts_is_unchanged(pixels, tmp_path):
    deep = "10" in pixels
    plain = photo(0, format="yuv420p10le" if deep else "yuv420p")
    make_film(tmp_path / "film.mkv", [photo(0, format=plain.format.name)])
    with video_input.Film(tmp_path / "film.mkv") as film:
        encoder = video_encoder.Encoder(film.video)
    other = plain.reformat(format=pixels, src_color_range="MPEG", dst_color_range="MPEG")
    np.testing.assert_array_equal(encoder.luma(other), samples(plain, 0))


def test_photographs_and_films_of_one_folder(colorizer, tmp_path):
    make_film(tmp_path / "film.mp4", codec="libx264", count=3)
    Image.fromarray(picture(20, 30)).save(tmp_path / "photo.png")
    write_text(tmp_path / "bad.mkv")
    problems = colorize_files(colorizer, [tmp_path], Output(tmp_path / "out")).problems
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'bad.mkv'}: ")
    assert images.read(tmp_path / "out" / "photo.png").shape == (20, 30, 3)
    frames = frames_of(tmp_path / "out" / "film.mp4")
    assert len(frames) == 3
    assert any(np.ptp(samples(frame, 1)) for frame in frames)
