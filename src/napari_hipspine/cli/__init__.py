"""The command line: one small file per command, each importing its workflow only when it runs."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from .. import __version__
from ..domain.errors import HipSpineError
from ..domain.provenance import RESEARCH_ONLY
from . import (
    agree,
    cache,
    cohort,
    compare,
    convert,
    courses,
    demo,
    describe,
    fill,
    flow,
    info,
    labels,
    measure,
    model,
    phantom,
    regions,
    relate,
    segment,
    surfaces,
    vocabulary,
)

REFUSED = 2
"""Exit code when nothing was written."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the `hipspine` command with all its sub-commands."""
    parser = argparse.ArgumentParser(
        prog="hipspine",
        description="Muscle quantity and quality of the lumbar spine and the hip on MRI.",
        epilog=RESEARCH_ONLY,
    )
    parser.add_argument("--version", action="version", version=f"hipspine {__version__}. {RESEARCH_ONLY}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    shown = (
        measure,
        cohort,
        regions,
        surfaces,
        fill,
        segment,
        relate,
        model,
        courses,
        agree,
        compare,
        flow,
        describe,
        info,
        convert,
        cache,
        labels,
        vocabulary,
        phantom,
        demo,
    )
    for command in shown:
        command.add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the one place where an error becomes a message in the terminal.

    Returns
    -------
    int
        0 done, 1 some of several subjects failed, 2 refused with nothing written.
    """
    _let_output_take_every_character()
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except HipSpineError as error:
        return _refuse(error.message, error.hint, error.exit_code)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return _refuse("Stopped; nothing was written.", "", INTERRUPTED)
    except OSError as error:
        return _refuse(
            f"{error.strerror or error}: {error.filename or ''}", "Check the path and its permissions.", REFUSED
        )
    except Exception as error:  # noqa: BLE001 - a person at a terminal is never shown a traceback
        kind = type(error).__name__
        return _refuse(f"Something unforeseen went wrong ({kind}: {error}).", "Please report this command.", REFUSED)


def _let_output_take_every_character() -> None:
    """Files and pipes get UTF-8 everywhere; what a terminal's own encoding lacks is written as an escape."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="backslashreplace")
    else:
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _refuse(message: str, hint: str, exit_code: int) -> int:
    print(f"hipspine: {message}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)
    return exit_code
