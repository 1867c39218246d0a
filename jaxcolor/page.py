"""The page: drop photographs, look at them in color, change that, and download them."""

import functools
import pathlib
import shutil
import traceback
from collections.abc import Callable
from typing import Any

import gradio as gr
from PIL import Image

from jaxcolor import page_folder
from jaxcolor.config import InputError
from jaxcolor.page_folder import UserFiles
from jaxcolor.page_results import Knobs, Results

_INTRODUCTION = """# Color photographs

Drop a black-and-white photograph, or several. They are colored on this server, and deleted there
{minutes:g} minutes after they were last colored.
"""
_HINTS = """Choose a color and click where it belongs, or write a line `X,Y,#RRGGBB`, in pixels of
the photograph from its upper left corner. The color spreads over what belongs together."""
HEAD = pathlib.Path(__file__).with_name("page_head.html")
_PACKAGE = HEAD.parent
# Those photographs of docs/examples that lie in an installed package as well.
_EXAMPLES = ("astronaut.jpg", "dandelions.jpg", "cat.jpg", "admiral.jpg")
_DOWNLOAD = "Download"
_MAX_WAITING = 100  # Requests in the queue, beyond which users are asked to try again.


def build(results: Results, files: UserFiles, *, keep_minutes: float) -> gr.Blocks:
    """Builds the page.

    Args:
        results: what is made of the photographs.
        files: where they lie.
        keep_minutes: after which they are deleted.
    """
    first = next(iter(results.knobs))
    knobs = results.knobs[first]
    with gr.Blocks(title="Color photographs", analytics_enabled=False) as page:
        gr.Markdown(_INTRODUCTION.format(minutes=keep_minutes))
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                dropped = gr.File(
                    label="Photographs", file_count="multiple", file_types=["image"], height=180
                )
                shown = gr.Radio(label="Shown", visible=False, elem_id="shown")
                colorfulness = gr.Slider(
                    label="Colorfulness", step=0.05, elem_id="colorfulness", **_colorfulness(knobs)
                )
                size = gr.Dropdown(
                    label="Working size", info="of the network, in pixels", **_sizes(knobs)
                )
                model = gr.Dropdown(
                    list(results.knobs), value=first, label="Model", visible=len(results.knobs) > 1
                )
                _add_examples(files, dropped)
            with gr.Column(scale=2, min_width=300):
                message = gr.Textbox(
                    label="Note", visible=False, interactive=False, elem_id="message"
                )
                with gr.Tabs():
                    with gr.Tab("Before and after"):
                        compared = gr.ImageSlider(
                            show_label=False,
                            interactive=False,
                            buttons=["fullscreen"],
                            max_height=640,
                            elem_id="compared",
                        )
                    with gr.Tab("Hints"):
                        gr.Markdown(_HINTS)
                        picture = gr.Image(
                            show_label=False, interactive=False, buttons=[], elem_id="picture"
                        )
                        with gr.Row():
                            color = gr.ColorPicker("#b03020", label="Color", min_width=100)
                            hints = gr.Textbox(label="Hints", lines=2, scale=3, elem_id="hints")
                        undo = gr.Button("Remove the last hint")
                download = gr.DownloadButton(
                    _DOWNLOAD, variant="primary", interactive=False, elem_id="download"
                )

        options: dict[str, Any] = {
            "preprocess": False,  # The functions check what they get, and answer in sentences.
            "api_visibility": "private",
            "show_progress_on": [compared, picture],
        }

        # Of all that reads photographs: warnings, which become notes, are caught for all threads.
        one_at_a_time: dict[str, Any] = {"concurrency_id": "network", "concurrency_limit": 1}

        def update(event: Any) -> None:
            event(
                _Coloring(results),
                [dropped, shown, model, size, colorfulness, hints],
                [message, compared, picture, download],
                trigger_mode="always_last",
                **one_at_a_time,
                **options,
            )

        update(dropped.change(_list, dropped, [shown, hints], **options).then)
        update(shown.input(lambda: "", None, hints, **options).then)

        @_or_refuse
        def set_model(name: str) -> tuple[gr.Dropdown, gr.Slider]:
            knobs = results.knobs[name]
            return gr.Dropdown(**_sizes(knobs)), gr.Slider(**_colorfulness(knobs))

        update(model.input(set_model, model, [size, colorfulness], **options).then)
        update(colorfulness.input)
        update(size.input)
        update(hints.submit)
        update(hints.blur)

        @_or_refuse
        def add_hint(given: Any, index: Any, color: Any, text: Any, click: gr.SelectData) -> str:
            try:
                x, y = click.index
                hint = results.hint(_chosen(given, index), x, y, color)
            except InputError:  # The coloring that follows says it.
                return text
            return f"{text.rstrip()}\n{hint}".lstrip()

        guides = [dropped, shown, color, hints]
        update(picture.select(add_hint, guides, hints, **one_at_a_time, **options).then)
        update(undo.click(_without_last_line, hints, hints, **options).then)
    return page.queue(max_size=_MAX_WAITING)


def _or_refuse(function: Callable) -> Callable:
    """Lets a function answer each error with a sentence, and prints what no page provokes."""

    @functools.wraps(function)
    def guarded(*args: Any) -> Any:
        try:
            return function(*args)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            traceback.print_exc()
            raise gr.Error(
                f"The server failed on the request: {type(error).__name__}", print_exception=False
            ) from error

    return guarded


class _Coloring:
    """The function behind all that changes the picture."""

    def __init__(self, results: Results):
        self._results = results

    def __call__(self, given: Any, index: Any, *settings: Any) -> list[Any]:
        if not given:
            return [gr.Textbox(visible=False), None, None, _no_download()]
        try:
            result = self._results.color(_chosen(given, index), *settings)
        except InputError as error:
            return [_message(f"Not colored: {error}"), None, None, _no_download()]
        except Exception as error:  # Of a library: the other users are no worse for it.
            traceback.print_exc()
            problem = f"Not colored: the server failed on it: {type(error).__name__}"
            return [_message(problem), None, None, _no_download()]
        return [
            _message("; ".join(result.notes)),
            (str(result.before), str(result.after)),
            str(result.after),
            gr.DownloadButton(
                f"{_DOWNLOAD} {result.file.name}", str(result.file), interactive=True
            ),
        ]


def _chosen(given: Any, index: Any) -> str:
    """Returns the path of the photograph that is shown.

    Raises:
        InputError: the request names none.
    """
    try:
        return given[index or 0]["path"]
    except (IndexError, KeyError, TypeError):
        raise InputError("the request names no photograph; drop it again") from None


@_or_refuse
def _list(given: Any) -> tuple[gr.Radio, str]:
    """Offers the photographs for a choice, if there are several; shows the last, without hints."""
    names = [str(one.get("orig_name")) for one in given or []]
    choices = [(name, i) for i, name in enumerate(names)]
    return gr.Radio(choices, value=len(names) - 1 if names else None, visible=len(names) > 1), ""


def _message(text: str) -> gr.Textbox:
    return gr.Textbox(text and f"{text}.", visible=bool(text))


def _no_download() -> gr.DownloadButton:
    return gr.DownloadButton(_DOWNLOAD, value=None, interactive=False)


@_or_refuse
def _without_last_line(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[:-1])


def _sizes(knobs: Knobs) -> dict[str, Any]:
    return {"choices": list(knobs.sizes), "value": knobs.size}


def _colorfulness(knobs: Knobs) -> dict[str, Any]:
    return {
        "minimum": 0,
        "maximum": knobs.most_colorful or 1,
        "value": knobs.colorfulness,
        "interactive": knobs.most_colorful > 0,
    }


def _add_examples(files: UserFiles, dropped: gr.File) -> None:
    """Offers the examples of the package, in gray."""
    kept = files.path / page_folder.KEPT
    kept.mkdir()
    for folder in (_PACKAGE / "examples", _PACKAGE.parent / "docs" / "examples"):
        for name in _EXAMPLES:
            if (folder / name).is_file():
                Image.open(folder / name).convert("L").save(kept / name, quality=95)
    paths = sorted(map(str, kept.iterdir()))
    samples = gr.Dataset(
        label="Examples",
        components=[gr.Image(render=False)],
        samples=[[path] for path in paths],
        type="index",
        elem_id="examples",
    )

    @_or_refuse
    def choose(index: int) -> list[str]:
        # Each user has a copy, whose results are nobody else's.
        example = pathlib.Path(paths[index])
        with files.reserved(example.stat().st_size):
            return [str(shutil.copy(example, files.new(example.name)))]

    samples.click(choose, samples, dropped, api_visibility="private")
