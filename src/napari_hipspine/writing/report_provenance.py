"""What the numbers of a report rest on: thresholds, levels, settings, files and versions, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Any

from ..domain.anatomy import find_muscle
from ..domain.protocol import protocol_settings
from ..domain.provenance import Provenance

_THRESHOLD_HEADS = ("Muscle", "Method", "Threshold", "Lean", "Fat", "Found before it was moved", "Moved by")
_LEVEL_HEADS = ("Level", "Place on it", "Position [mm]", "Muscle")
_FILE_HEADS = ("File", "Bytes", "SHA-256")


def provenance_section(provenance: Provenance) -> str:
    """A folded part of a page; nothing in it leads to a person or to a folder of the machine."""
    settings = provenance.settings
    parts = (
        ("Fat thresholds", _table(_THRESHOLD_HEADS, _thresholds(settings.get("thresholds", {})))),
        ("Levels", _table(_LEVEL_HEADS, _levels(settings.get("levels", [])))),
        ("Settings", _table(("Setting", "Value"), _protocol(settings.get("protocol", {})))),
        ("Files", _table(_FILE_HEADS, _files(provenance))),
        ("Versions", _table(("Package", "Version"), provenance.versions.items())),
    )
    inside = "".join(f"<h3>{escape(title)}</h3>\n{table}\n" for title, table in parts if table)
    return f"<details>\n<summary>What these numbers rest on</summary>\n{inside}</details>\n"


def _thresholds(found: Mapping[str, Any]) -> Iterable[Sequence[object]]:
    for muscle, one in found.items():
        before = one.get("automatic")
        was = f"{_signal(before['threshold'])} by {before['method']}" if before else ""
        cells = (one["method"], *(_signal(one[name]) for name in ("threshold", "lean", "fat")))
        yield (find_muscle(muscle).label, *cells, was, one.get("moved_by", "") or ("not stated" if before else ""))


def _levels(placed: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[object]]:
    for one in placed:
        words = (one["level"], one["slice_position"], f"{one['position_mm']:.1f}", one["muscle"] or "all")
        yield tuple(word.replace("_", " ") for word in words)


def _protocol(values: Mapping[str, Any]) -> Iterable[Sequence[object]]:
    for setting in protocol_settings():
        if setting.name in values:
            unit = "" if setting.unit == "1" else f" [{setting.unit}]"
            yield f"{setting.title}{unit}", values[setting.name]


def _files(provenance: Provenance) -> Iterable[Sequence[object]]:
    return ((PurePath(one.path).name, one.n_bytes, one.sha256) for one in provenance.inputs)


def _signal(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.6g}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of text; empty where there are no rows."""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    head = "".join(f'<th class="text">{escape(word)}</th>' for word in heads)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>" if body else ""


def _cell(value: object) -> str:
    return f'<td class="text">{escape(str(value))}</td>'
