"""Images that are open, written as OME-Zarr from the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from ..writing.ome_zarr import write_ome_zarr_image
from .layers import METADATA, ShownImage

ENDING = ".ome.zarr"


def write_image(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """An image layer of ours as OME-Zarr with resolution steps, its place in the patient and its spacing.

    Raises
    ------
    InvalidChoice
        If the layer was not opened with this plugin, so that nobody knows its place in the patient.
    """
    shown = meta.get("metadata", {}).get(METADATA)
    if not isinstance(shown, ShownImage):
        raise InvalidChoice(
            f"Expected an image opened with this plugin, found the layer {meta.get('name', '')!r}.",
            hint="Open its file in step 1 of the dock, then save that layer.",
        )
    return [str(write_ome_zarr_image(shown.volume, Path(path)))]


def write_open_image(image: Volume | WaterFat, path: str, progress: Progress = stay_silent) -> tuple[Path, ...]:
    """An open image as OME-Zarr; of water and fat two of them, told apart by the ends of their names.

    Parameters
    ----------
    image : Volume or WaterFat
        As it is open.
    path : str
        Folder to be made.
    progress : Progress
        Told how far it is; may cancel, and nothing is left then of what was being written.

    Raises
    ------
    HipSpineError
        If something is there already, or it does not read back as it was written.
    """
    stem = path[: -len(ENDING)] if path.lower().endswith(ENDING) else path
    volumes = {"": image} if isinstance(image, Volume) else {"-water": image.water, "-fat": image.fat}
    places = {Path(f"{stem}{end}{ENDING}"): volume for end, volume in volumes.items()}
    for place in places:
        if place.exists():
            raise InvalidChoice(
                f"Expected a place where nothing is yet, found {place}.", hint="Choose another name, or remove it."
            )
    return tuple(write_ome_zarr_image(volume, place, progress=progress) for place, volume in places.items())
