"""Names that travel with a label map: inside the file, or in a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..domain.errors import InvalidChoice
from .itksnap_labels import find_label_description, read_label_description
from .label_looks import LabelLook
from .namings import CARRIED, Naming

_ENDINGS = (".ome.zarr", ".nii.gz", ".seg.nrrd")


def stem_of(path: Path) -> str:
    """Name of a file or folder without the ending of its format, also where that has two parts."""
    for ending in _ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem


def sidecar_of(path: Path) -> Path | None:
    """The naming table of the same name beside a label map, if there is one."""
    beside = path.with_name(f"{stem_of(path)}.csv")
    return beside if beside.is_file() else None


def read_carried(look: LabelLook, naming: str) -> tuple[Naming, Mapping[int, str]]:
    """The naming a file carries, and why some of its names could not be read.

    Parameters
    ----------
    look : LabelLook
        What was found.
    naming : str
        One of `CARRIED`.

    Raises
    ------
    InvalidChoice
        If the file carries no names of that kind.
    """
    if look.carrier == naming:
        return Naming(naming, CARRIED[naming], look.carried), look.carried_unknown
    if naming == "itksnap":
        path = Path(look.path)
        return read_label_description(find_label_description(path, stem_of(path)))
    raise InvalidChoice(
        f"Expected names of {CARRIED[naming]}, found none, in {look.path}.",
        hint="Choose the naming of the tool that made the labels, or give an own CSV with columns value, muscle, side.",
    )
