"""A result as an Excel workbook: both tables with units in their headings, what the columns mean, what it rests on."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..domain.cells import Kind, is_missing
from ..domain.errors import PackageMissing
from ..domain.headings import PER_CENT, heading_of
from ..domain.protocol import FatMethod
from ..domain.provenance import RESEARCH_ONLY
from ..domain.subject import SubjectResult
from ..domain.tables import MEASUREMENTS, SLICES, Table

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = {"mm2": "0", "mm3": "0", "mm": "0.0"}
_WIDTH = (8, 44)


def result_as_workbook(result: SubjectResult) -> bytes:
    """Sheets ``measurements``, ``slices``, ``columns`` and ``about``; missing cells are empty, zero is zero.

    Shares are stored from 0 to 1, as in the CSV files, and shown in per cent.

    Raises
    ------
    PackageMissing
        If openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
    except ImportError as missing:
        raise PackageMissing(
            f"Expected openpyxl for Excel workbooks, found none ({missing}).",
            hint="Install it with: pip install openpyxl; the CSV files hold the same numbers.",
        ) from missing
    book = Workbook()
    book.remove(book.worksheets[0])
    for table, frame in ((MEASUREMENTS, result.measurements), (SLICES, result.slices)):
        _put_table(book.create_sheet(table.name), table, frame)
    meaning = book.create_sheet("columns")
    _put_rows(meaning, [("table", "heading", "name in the files", "unit", "meaning"), *_columns()])
    _put_rows(book.create_sheet("about"), list(_about(result)))
    for sheet in book.worksheets:
        if sheet.oddFooter is not None:
            sheet.oddFooter.center.text = RESEARCH_ONLY
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put_table(sheet: Any, table: Table, frame: pd.DataFrame) -> None:
    is_fraction = bool(len(frame)) and set(frame["fat_method"]) == {FatMethod.DIXON.value}
    rows: list[tuple[object, ...]] = [
        tuple(heading_of(c.name, c.unit, is_fraction=is_fraction) for c in table.columns),
        *zip(*(frame[c.name].tolist() for c in table.columns), strict=True),
    ]
    _put_rows(sheet, rows)
    for number, column in enumerate(table.columns, start=1):
        shown = "0.0%" if column.name in PER_CENT else _FORMATS.get(column.unit, "")
        if shown and column.kind is Kind.NUMBER:
            for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number):
                cell.number_format = shown
    sheet.auto_filter.ref = sheet.dimensions


def _put_rows(sheet: Any, rows: list[tuple[Any, ...]]) -> None:
    """Rows of cells below one line of headings; text is never taken for a formula."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for at, row in enumerate(rows, start=1):
        for number, value in enumerate(row, start=1):
            if is_missing(value):
                continue
            cell = sheet.cell(at, number, value)
            if isinstance(value, str):
                cell.data_type = "s"
            if at == 1:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for number, cells in enumerate(zip(*rows, strict=True), start=1):
        longest = max(len(str(cell)) for cell in cells if not is_missing(cell))
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, _WIDTH[0]), _WIDTH[1])


def _columns() -> Iterator[tuple[str, ...]]:
    for table in (MEASUREMENTS, SLICES):
        for one in table.columns:
            yield table.name, heading_of(one.name, one.unit), one.name, one.unit, one.meaning


def _about(result: SubjectResult) -> Iterator[tuple[str, object]]:
    """What the result rests on, as pairs of words and values; folders of the machine are left out."""
    yield "about", RESEARCH_ONLY
    provenance = result.provenance
    yield from _flat({"subject": vars(result.key), "settings": provenance.settings})
    for one in provenance.inputs:
        yield "file", one.path.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
        yield "SHA-256", one.sha256
    yield from (("note", note) for note in provenance.notes)
    yield from ((f"version of {name}", number) for name, number in provenance.versions.items())


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        words = f"{before}.{name}" if before else str(name)
        if isinstance(value, Mapping):
            yield from _flat(value, words)
        elif isinstance(value, list | tuple):
            yield from _flat({str(at): one for at, one in enumerate(value)}, words)
        else:
            yield words, value
