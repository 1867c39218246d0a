import pytest
from PIL import Image

from jaxcolor import serve


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--port", "65536"), "--port 65536: must be 0 to 65535"),
        (("--max_megabytes", "nan"), "--max_megabytes nan: must be above 0, and finite"),
        (("--max_stored", "inf"), "--max_stored inf: must be above 0, and finite"),
        (("--keep_minutes", "0"), "--keep_minutes 0: must be above 0, and finite"),
    ],
)
def test_options_out_of_range_are_refused(options, message, run_main):
    refused = run_main(serve, *options)
    assert refused.returncode == 2
    assert message in refused.stderr


def test_pillow_refuses_no_more_than_the_option(run_main, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # Restored afterwards.
    monkeypatch.setattr(serve, "_serve", lambda *_: None)
    monkeypatch.setattr(serve.signal, "signal", lambda *_: None)
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    assert run_main(serve, "--max_megapixels", "300").returncode == 0
    assert Image.MAX_IMAGE_PIXELS == 150_000_000
