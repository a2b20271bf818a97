"""The vocabulary as a file: CSV that reads back to the same terms, JSON for programs, a page for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from ..domain.anatomy import CODE_COLUMNS, COLUMNS, Term, vocabulary
from ..domain.errors import InvalidChoice
from ..domain.provenance import RESEARCH_ONLY, installed_versions
from .tables import as_json, write_whole

_TITLE = "Vocabulary of napari-hipspine"
_LICENCE = (
    "SNOMED CT is named by its codes only, its descriptions are not included; using it may need a licence in your "
    "country. Every code of another scheme is listed with the place it was read from."
)
_WORDS_BETWEEN = "|"
"""Stands between several synonyms in one cell of the table."""

_HEADINGS = MappingProxyType(
    {
        "muscle": "Muscles",
        "level": "Levels",
        "slice_position": "Slice positions on a level",
        "side": "Sides",
        "category": "Categories of segments",
        "tissue": "Tissues",
        "measure": "Measures",
        "flag": "Flags: what to know about a number",
        "reason": "Reasons: why a cell is empty",
        "refused_code": "Codes that are refused",
    }
)

_CODE_NAMES = MappingProxyType(
    {
        "ta98": "TA98",
        "ta2": "TA2",
        "fma": "FMA",
        "uberon": "Uberon",
        "sct": "SNOMED CT",
        "sct_entire": "SNOMED CT (entire)",
        "other_code": "other code",
        "unit_ucum": "unit (UCUM)",
    }
)

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #555; }
.notice { border-left: 4px solid #b25; padding: .4rem .8rem; background: #faf5f7; }
"""


class VocabularyFormat(StrEnum):
    """How the vocabulary is written."""

    CSV = "csv"
    JSON = "json"
    HTML = "html"


def write_vocabulary(path_or_stream: str | Path | TextIO, form: VocabularyFormat | str) -> None:
    """The vocabulary in a file, whole or not at all, or at the end of an open text stream.

    Parameters
    ----------
    path_or_stream : path or text stream
        A file to make or replace, or a stream to write to; a stream is left open.
    form : VocabularyFormat
        ``"csv"``, ``"json"`` or ``"html"``.

    Raises
    ------
    InvalidChoice
        If the format is none of these.
    HipSpineError
        If the file cannot be written.
    """
    if form not in tuple(VocabularyFormat):
        raise InvalidChoice(f"Expected one of {', '.join(VocabularyFormat)} as format, found {form!r}.")
    text = _WRITERS[VocabularyFormat(form)]()
    if isinstance(path_or_stream, str | Path):
        path = Path(path_or_stream)
        write_whole(path.parent, {path.name: text})
    else:
        path_or_stream.write(text)


def vocabulary_as_csv() -> str:
    """The table as it is shipped: one row per term, one column per code with its source beside it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(term.entry for term in vocabulary())
    return out.getvalue()


def vocabulary_as_json() -> str:
    """Terms in the order of the table, each code with its source."""
    return as_json(
        {
            "title": _TITLE,
            "version": _version(),
            "research_only": RESEARCH_ONLY,
            "licence": _LICENCE,
            "terms": [_plain(term) for term in vocabulary()],
        }
    )


def vocabulary_as_html() -> str:
    """One page that needs nothing else: a table per kind of term, and a numbered list of the codes' sources."""
    terms = tuple(vocabulary())
    sources = {source: number for number, source in enumerate(_distinct_sources(terms), start=1)}
    sections = "".join(_section(kind, sources) for kind in dict.fromkeys(term.kind for term in terms))
    listed = "".join(f'<li id="source-{number}">{escape(source)}</li>\n' for source, number in sources.items())
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(_TITLE)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{escape(_TITLE)}</h1>\n"
        f'<p class="notice">{escape(RESEARCH_ONLY)}</p>\n'
        f"<p>Version {escape(_version())}. {escape(_LICENCE)}</p>\n{sections}"
        f'<section id="sources">\n<h2>Sources of the codes</h2>\n<ol>\n{listed}</ol>\n</section>\n</body>\n</html>\n'
    )


_WRITERS: Mapping[VocabularyFormat, Callable[[], str]] = MappingProxyType(
    {
        VocabularyFormat.CSV: vocabulary_as_csv,
        VocabularyFormat.JSON: vocabulary_as_json,
        VocabularyFormat.HTML: vocabulary_as_html,
    }
)


def _version() -> str:
    return installed_versions().get("napari-hipspine", "not installed")


def _plain(term: Term) -> dict[str, Any]:
    """A term as plain values; columns that are empty for it are left out."""
    synonyms = [word for word in term.entry["synonyms"].split(_WORDS_BETWEEN) if word]
    told = {
        "latin": term.entry["latin"],
        "region": term.region,
        "range_plausible": term.entry["range_plausible"],
        "definition": term.definition,
        "synonyms": synonyms,
        "notes": term.entry["notes"],
        "codes": {name: {"code": code, "source": term.sources[name]} for name, code in term.codes.items()},
    }
    head: dict[str, Any] = {"kind": term.kind, "id": term.id, "label": term.label}
    if term.kind == "muscle":
        head["is_core"] = term.is_core
    return head | {name: value for name, value in told.items() if value}


def _distinct_sources(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.sources[name] for term in terms for name in CODE_COLUMNS if name in term.codes))


def _section(kind: str, sources: Mapping[str, int]) -> str:
    """The table of one kind with the columns that any of its terms fills."""
    terms = vocabulary().of_kind(kind)
    words = [name for name in ("latin", "region", "core") if any(term.entry[name] for term in terms)]
    codes = [name for name in CODE_COLUMNS if any(name in term.codes for term in terms)]
    ends = [
        name for name in ("range_plausible", "definition", "synonyms", "notes") if any(t.entry[name] for t in terms)
    ]
    headings = ["id", "label", *words, *(_CODE_NAMES[name] for name in codes), *(end.replace("_", " ") for end in ends)]
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    rows = "".join(
        f'<tr id="{escape(kind)}-{escape(term.id)}"><td><code>{escape(term.id)}</code></td>'
        f"<td>{escape(term.label)}</td>"
        + "".join(f"<td>{escape(term.entry[name])}</td>" for name in words)
        + "".join(_code_cell(term, name, sources) for name in codes)
        + "".join(f"<td>{escape(term.entry[name].replace(_WORDS_BETWEEN, ', '))}</td>" for name in ends)
        + "</tr>\n"
        for term in terms
    )
    heading = _HEADINGS.get(kind, kind.replace("_", " ").capitalize())
    return (
        f'<section id="{escape(kind)}">\n<h2>{escape(heading)}</h2>\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )


def _code_cell(term: Term, name: str, sources: Mapping[str, int]) -> str:
    if name not in term.codes:
        return "<td></td>"
    number = sources[term.sources[name]]
    return f'<td>{escape(term.codes[name])} <a href="#source-{number}">[{number}]</a></td>'
