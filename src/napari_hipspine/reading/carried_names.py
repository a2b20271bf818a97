"""Names that travel with a label map: inside the file, or in a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from ..domain.errors import InvalidChoice
from .itksnap_labels import find_label_description, is_label_description, read_label_description
from .label_looks import LabelLook
from .namings import CARRIED, FILE_NAMES, Naming, naming_names, read_naming

_ENDINGS = (".ome.zarr", ".nii.gz", ".seg.nrrd")


def stem_of(path: Path) -> str:
    """Name of a file or folder without the ending of its format, also where that has two parts."""
    for ending in _ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem


def sidecar_of(path: Path) -> Path | None:
    """The naming table of the same name beside a label map; None if there is none, or a table of something else."""
    beside = path.with_name(f"{stem_of(path)}.csv")
    if not beside.is_file():
        return None
    with beside.open(encoding="utf-8-sig", errors="replace") as file:
        columns = file.readline()
    return beside if "value" in columns and "muscle" in columns else None


def comes_with_names(look: LabelLook) -> bool:
    """Whether names come with the file, in it or as a table of the same name beside it."""
    return bool(look.carrier) or sidecar_of(Path(look.path)) is not None


def naming_for(look: LabelLook, naming: str | PathLike[str] | None) -> tuple[Naming, Mapping[int, str]]:
    """The naming to be used for a label map, and why some of its values have no meaning in it.

    Parameters
    ----------
    look : LabelLook
        What was found.
    naming : str or path, optional
        Name of a naming, a CSV or a label description; by default what comes with the file.

    Raises
    ------
    InvalidChoice
        If there is no such naming, none comes with the file, or the values say nothing to a table.
    """
    if naming is None:
        return _naming_of_file(look)
    if not look.values_are_stored and not _is_of_file_names(look, str(naming)) and str(naming) != look.carrier:
        raise InvalidChoice(
            f"Expected the names that come with the file ({look.carrier}), found the naming {naming}, for {look.path}.",
            hint="Its values were numbered on opening and say nothing to a table; leave the naming out.",
        )
    if not look.values_are_stored:
        return _naming_of_file(look)
    if str(naming) in CARRIED:
        return _read_carried(look, str(naming))
    if is_label_description(Path(naming)):
        return read_label_description(Path(naming))
    return read_naming(naming), {}


def _naming_of_file(look: LabelLook) -> tuple[Naming, Mapping[int, str]]:
    if look.carrier:
        return Naming(look.carrier, CARRIED[look.carrier], look.carried), look.carried_unknown
    beside = sidecar_of(Path(look.path))
    if beside is not None:
        return read_naming(beside), {}
    raise InvalidChoice(
        f"Expected a naming that says what the label values mean, found none, for {look.path}.",
        hint=f"Choose one with --naming: {', '.join(naming_names())}; or a CSV with columns value, muscle, side.",
    )


def _is_of_file_names(look: LabelLook, naming: str) -> bool:
    """Whether a folder of masks is said to be TotalSegmentator's, whose file names are its naming."""
    return look.carrier == FILE_NAMES and naming.startswith("totalsegmentator")


def _read_carried(look: LabelLook, naming: str) -> tuple[Naming, Mapping[int, str]]:
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
