"""A page about one or several measured subjects that opens in any browser and needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ..domain.anatomy import vocabulary
from ..domain.headings import heading_of
from ..domain.protocol import FatMethod
from ..domain.provenance import RESEARCH_ONLY
from ..domain.subject import SubjectResult
from ..domain.tables import MEASUREMENTS, SEPARATOR
from .report_provenance import provenance_section

if TYPE_CHECKING:
    import pandas as pd

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }
th.text, td.text { text-align: left; }
thead th { border-bottom: 2px solid #555; vertical-align: bottom; }
.notice { border-left: 4px solid #b25; padding: .4rem .8rem; background: #faf5f7; }
details { margin: .5rem 0; font-size: .9rem; } code { font-size: .85em; overflow-wrap: anywhere; }
.missing { color: #777; } figure { display: inline-block; margin: .5rem; vertical-align: top; }
figure img { max-width: 34rem; width: 100%; } figcaption { font-size: .85rem; color: #444; }
"""

_SHOWN = (
    ("muscle", "text"),
    ("side", "text"),
    ("level", "text"),
    ("n_slices", "count"),
    ("csa_mm2", "area"),
    ("fcsa_mm2", "area"),
    ("fi", "share"),
    ("ff", "share"),
    ("threshold", "signal"),
    ("fat_method", "text"),
    ("flags", "text"),
)
_UNITS = {column.name: column.unit for column in MEASUREMENTS.columns}


@dataclass(frozen=True)
class Picture:
    """A PNG and the words below it."""

    caption: str
    png: bytes


def report_as_html(subjects: Iterable[tuple[SubjectResult, Sequence[Picture]]], *, title: str) -> str:
    """Report of measured subjects as one HTML page with its pictures inside.

    Parameters
    ----------
    subjects : iterable of (SubjectResult, sequence of Picture)
        Results in the order in which they are shown.
    title : str
        Heading of the page.
    """
    sections = "".join(_subject_section(result, pictures) for result, pictures in subjects)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="notice">{escape(RESEARCH_ONLY)}</p>\n{sections}</body>\n</html>\n'
    )


def _subject_section(result: SubjectResult, pictures: Sequence[Picture]) -> str:
    key = result.key
    regions = ", ".join(sorted(set(result.measurements["region"])))
    heading = " · ".join(filter(None, (key.subject_id, key.session, key.series, key.reader_id, regions)))
    protocol = result.provenance.settings.get("protocol", {})
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.provenance.notes)
    return (
        f"<section>\n<h2>{escape(heading)}</h2>\n"
        f"<p>Fat method: {escape(str(protocol.get('fat_method', '')))}; {escape(_window(result))}.</p>\n"
        f"{''.join(map(_figure, pictures))}\n{_table(result.measurements)}\n"
        f"{f'<ul>{notes}</ul>' if notes else ''}\n{provenance_section(result.provenance)}</section>\n"
    )


def _window(result: SubjectResult) -> str:
    """What was read around each level, in words."""
    settings = result.provenance.settings
    return f"window: {settings.get('window', '')}" if settings.get("levels") else "all labelled slices"


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode()
    caption = escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )


def _table(frame: pd.DataFrame) -> str:
    shown = [column for column in _SHOWN if not frame[column[0]].isna().all()]
    is_fraction = set(frame["fat_method"]) == {FatMethod.DIXON.value}
    headings = [heading_of(name, _UNITS[name], is_fraction=is_fraction) for name, _ in shown]
    head = "".join(f'<th class="{kind}">{escape(words)}</th>' for words, (_, kind) in zip(headings, shown, strict=True))
    rows = "".join(
        "<tr>" + "".join(_cell(row, name, kind) for name, kind in shown) + "</tr>\n" for row in frame.to_dict("records")
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"


def _cell(row: dict[Any, Any], name: str, kind: str) -> str:
    value = row[name]
    if kind == "text":
        shown = _spelled(name, str(value))
        return f'<td class="text">{escape(shown)}</td>'
    if value != value or type(value).__name__ == "NAType":
        return f'<td class="missing" title="{escape(_spelled("reason", row["reason"]))}">–</td>'
    number = {"count": "{:.0f}", "area": "{:.0f}", "share": "{:.1f}", "signal": "{:.4g}"}[kind]
    return f"<td>{number.format(value * 100 if kind == 'share' else value)}</td>"


def _spelled(name: str, text: str) -> str:
    """Ids as words, where the vocabulary knows them."""
    words = {term.id: term.label for term in vocabulary()}
    return ", ".join(words.get(word, word) for word in text.split(SEPARATOR)) if name != "side" else text
