"""Rows of the tables that lie beside this package."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of one table as they stand, header to cell."""
    with files(__package__).joinpath(name).open(encoding="utf-8") as table:
        yield from csv.DictReader(table)
