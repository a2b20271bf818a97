"""Where the voxels of NRRD and MetaImage files lie, so that they can be memory-mapped instead of loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import UnreadableImage

_HEADER_LIMIT_BYTES = 2**20
_META_START = re.compile(rb"\s*(ObjectType|ObjectSubType|Comment|NDims|ID|Name)\s*=")
_META_LINE = re.compile(rb"[ \t]*([^\s=][^=\r\n]*?)[ \t]*=[ \t]*([^\r\n]*)\r?\n?")
"""Field names are words, but programs add fields of their own, such as ``dim[0]`` of a former NIfTI header."""

_NRRD_END = re.compile(rb"\r?\n\r?\n")
_NRRD_FIELD = re.compile(rb"^([^:#=\r\n]+):[ \t]*([^=\r\n][^\r\n]*)?\r?$", re.MULTILINE)
_SPACES = {
    "left-posterior-superior",
    "lps",
    "right-anterior-superior",
    "ras",
    "left-anterior-superior",
    "las",
    "left-posterior-superior-time",
    "lpst",
}
"""Patient spaces of NRRD that ITK turns into LPS."""

_MILLIMETRES = {"": 1.0, "mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "meter": 1000.0, "um": 0.001}


@dataclass(frozen=True)
class ItkStorage:
    """What the text header says of the voxels' place and of the geometry's standing.

    Parameters
    ----------
    format : str
        ``"nrrd"`` or ``"metaimage"``.
    data_path : Path
        File with the voxels, the header's own or another.
    offset : int
        Where in it they begin [bytes].
    packing : str
        ``"raw"``, ``"stream"`` (gzip or zlib) or ``"other"`` (left to SimpleITK).
    byte_order : str
        ``"<"`` or ``">"``.
    has_orientation : bool
        Whether the header says where the axes point in the patient.
    unit_mm : float
        Length of the header's unit of space [mm].
    """

    format: str
    data_path: Path
    offset: int
    packing: str
    byte_order: str
    has_orientation: bool
    unit_mm: float = 1.0


def is_nrrd(start: bytes) -> bool:
    """Whether the first bytes of a file are the magic of NRRD."""
    return start.startswith(b"NRRD000")


def is_meta_image(start: bytes) -> bool:
    """Whether the first bytes of a file are a line of a MetaImage header."""
    return _META_START.match(start) is not None


def read_itk_storage(path: Path) -> ItkStorage:
    """Where the voxels of an NRRD or MetaImage file lie.

    Raises
    ------
    UnreadableImage
        If the header has no end, names no voxels or a unit of length that we do not know.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER_LIMIT_BYTES)
    return _nrrd_storage(path, start) if is_nrrd(start) else _meta_storage(path, start)


def _nrrd_storage(path: Path, start: bytes) -> ItkStorage:
    end = _NRRD_END.search(start)
    header = start[: end.start()] if end else start
    fields = {
        key.decode("latin-1").strip().lower().replace(" ", ""): value.decode("latin-1").strip()
        for key, value in _NRRD_FIELD.findall(header)
    }
    data_file = fields.get("datafile", "")
    if end is None and not data_file:
        raise _broken(path, "an NRRD header without end")
    packing = {"raw": "raw", "gzip": "stream", "gz": "stream"}.get(fields.get("encoding", "").lower(), "other")
    is_simple = fields.get("byteskip", "0") == "0" and fields.get("lineskip", "0") == "0"
    is_one_file = not data_file.upper().startswith("LIST") and "%" not in data_file
    kinds = fields.get("kinds", "").split()
    component_axes = [at for at, kind in enumerate(kinds) if kind not in ("domain", "space", "time", "???", "none")]
    unit = fields.get("spaceunits", "").split(" ")[0].strip('"').lower()
    if unit not in _MILLIMETRES:
        raise _broken(path, f"the unit of space {unit!r}")
    space = fields.get("space", "").lower()
    if space not in _SPACES and ("anterior" in space or space in ("rast", "last")):
        raise _broken(path, f"the space {space!r}, which is not turned into patient coordinates")
    return ItkStorage(
        format="nrrd",
        data_path=path.parent / data_file if data_file else path,
        offset=0 if data_file or end is None else end.end(),
        packing=packing if is_simple and is_one_file and component_axes in ([], [0]) else "other",
        byte_order=">" if fields.get("endian", "little").lower() == "big" else "<",
        has_orientation=space in _SPACES and "spacedirections" in fields,
        unit_mm=_MILLIMETRES[unit],
    )


def _meta_storage(path: Path, start: bytes) -> ItkStorage:
    fields: dict[str, str] = {}
    at = 0
    while "ElementDataFile" not in fields:
        line = _META_LINE.match(start, at)
        if line is None or line.end() == at:
            raise _broken(path, "a MetaImage header that names no voxels")
        fields[line[1].decode("latin-1")] = line[2].decode("latin-1").strip()
        at = line.end()
    data_file = fields["ElementDataFile"]
    is_local = data_file.upper() == "LOCAL"
    is_one_file = not data_file.upper().startswith("LIST") and "%" not in data_file and len(data_file.split()) == 1
    is_simple = fields.get("HeaderSize", "0") == "0" and _says_yes(fields, "BinaryData", "True") and is_one_file
    packing = "stream" if _says_yes(fields, "CompressedData", "False") else "raw"
    is_big = _says_yes(fields, "BinaryDataByteOrderMSB", "False") or _says_yes(fields, "ElementByteOrderMSB", "False")
    return ItkStorage(
        format="metaimage",
        data_path=path if is_local else path.parent / data_file,
        offset=at if is_local else 0,
        packing=packing if is_simple else "other",
        byte_order=">" if is_big else "<",
        has_orientation=any(name in fields for name in ("TransformMatrix", "Orientation", "Rotation")),
    )


def _says_yes(fields: dict[str, str], name: str, otherwise: str) -> bool:
    return fields.get(name, otherwise).lower() in ("true", "1")


def _broken(path: Path, found: str) -> UnreadableImage:
    return UnreadableImage(
        f"Expected an NRRD or MetaImage header, found {found}, in {path}.", hint="Export the image again."
    )
