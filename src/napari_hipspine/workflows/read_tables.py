"""CSV and TSV files as tables of text, so that an id such as 007 keeps its zeros."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import TableInvalid

if TYPE_CHECKING:
    import pandas as pd


OTHER_SIGNS = (";", "\t", "|")
"""Signs that other programs put between columns."""


def read_table(path: str | Path, *, what: str = "a table") -> pd.DataFrame:
    """A table of text cells; empty cells are empty text. Files ending in .tsv are split at tabs.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it should be, for messages: ``a measurement table``.

    Raises
    ------
    TableInvalid
        If the file is no such table.
    """
    import pandas as pd

    separator = "\t" if Path(path).suffix.lower() == ".tsv" else ","
    try:
        table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise TableInvalid(f"Expected {what}, found no file, in {path}.", hint="Check the path.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise TableInvalid(
            f"Expected {what}: CSV with one row of column names, found {problem}, in {path}.",
            hint="Save it as comma-separated text in UTF-8.",
        ) from problem
    if len(table.columns) == 1 and separator == "," and any(sign in str(table.columns[0]) for sign in OTHER_SIGNS):
        raise TableInvalid(
            f"Expected {what} with columns separated by commas, found another sign between them, in {path}.",
            hint="Save it as comma-separated text, or name a file with tabs .tsv.",
        )
    return table
