"""Serves a page on which people color photographs.

    jaxcolor serve
    jaxcolor serve --port 8000 --model runs/pix2pix --model models/mine
    jaxcolor serve --host 0.0.0.0

The page opens at http://127.0.0.1:7860, for this machine alone; with --host 0.0.0.0 it is open to
all who reach the machine, without a password and without encryption. It fetches nothing from
elsewhere and sends nothing there. Photographs lie in a temporary folder, which is deleted in the
end.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile

from jaxcolor import cli, photographs
from jaxcolor.config import InputError
from jaxcolor.training import parallel


def main() -> None:
    """Serves until it is interrupted."""
    parser = cli.Parser(__doc__, "jaxcolor serve")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=7860, help="to listen at; 0 is any free one")
    parser.add_argument(
        "--model",
        action="append",
        type=pathlib.Path,
        default=[],
        help="model folder, or workdir of a run, to choose besides the model in the package; may "
        "be repeated",
    )
    parser.add_argument(
        "--max_megabytes", type=float, default=50, help="of a photograph's file (default: 50)"
    )
    parser.add_argument(
        "--max_megapixels", type=float, default=50, help="of a photograph (default: 50)"
    )
    parser.add_argument(
        "--max_stored",
        type=float,
        default=2000,
        help="megabytes of all photographs and results together (default: 2000)",
    )
    parser.add_argument(
        "--keep_minutes",
        type=float,
        default=30,
        help="after which what was not used is deleted (default: 30)",
    )
    args = parser.parse_args()
    cli.check_positive(
        parser, args, "max_megabytes", "max_megapixels", "max_stored", "keep_minutes"
    )
    if not 0 <= args.port < 2**16:
        parser.error(f"--port {args.port}: must be 0 to 65535")
    photographs.limit_pixels(args.max_megapixels)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="jaxcolor-page-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder  # Gradio writes there as soon as it is imported.
        _serve(args, pathlib.Path(folder))


def _serve(args: argparse.Namespace, folder: pathlib.Path) -> None:
    try:
        from jaxcolor import page_server
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error.name} is missing; install it: pip install 'jaxcolor[serve]'")
    try:
        parallel.set_up()
        page_server.serve(
            args.model,
            (args.host, args.port),
            folder,
            max_bytes=int(args.max_megabytes * 1e6),
            max_stored=int(args.max_stored * 1e6),
            keep_minutes=args.keep_minutes,
        )
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
