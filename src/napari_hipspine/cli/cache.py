"""`hipspine cache`: what is kept of converted files on this machine, and how to free the room."""

from __future__ import annotations

import argparse
from typing import Any

from ..domain.errors import InvalidChoice

_GB = 10**9


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("cache", help="show or clear converted files", description=__doc__)
    parser.add_argument("--clear", action="store_true", help="remove every entry that no open program uses")
    parser.add_argument(
        "--trim", type=float, metavar="GB", help="remove those used longest ago until no more than this is left"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say where the cache is and how much it holds, after clearing it if that is asked for."""
    from ..keeping.conversion_cache import LIMIT_VARIABLE, default_cache

    if arguments.trim is not None and not 0 <= arguments.trim < float("inf"):
        raise InvalidChoice(f"Expected a number of GB from 0 on, found {arguments.trim:g}.")
    cache = default_cache()
    if arguments.clear or arguments.trim is not None:
        freed = cache.trim(0 if arguments.clear else int(arguments.trim * _GB))
        print(f"freed {freed / _GB:.2f} GB")
    entries = cache.entries()
    print(cache.root)
    print(f"{len(entries)} converted images, {cache.n_bytes() / _GB:.2f} GB")
    print(f"limit {cache.most_bytes / _GB:.0f} GB ({LIMIT_VARIABLE})")
    return 0
