"""A picture outlined by a program of another group, from file to file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import ArrayBlocks, BlockSource, Box
from ..domain.cache import VolumeCache
from ..domain.errors import GridMismatch, HipSpineError, InvalidChoice, ToolFailed
from ..domain.grid import Grid
from ..domain.index_map import index_map_between, seen_on
from ..domain.orientation import ASSUMED, state_orientation
from ..domain.provenance import Provenance, fingerprints
from ..domain.signal import signal_blocks
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume

if TYPE_CHECKING:
    from ..segmenting.adapters.tools import SegmentingTool, ToolRun, ToolWish

_PICTURE = "picture.nii"
_RESULT = "result.nii.gz"


@dataclass(frozen=True)
class SegmentedPicture:
    """Label values that a tool gave, written on the grid of the picture.

    Parameters
    ----------
    path : Path
        The label file; beside it lies a JSON file with what was run.
    naming : str
        Naming of its values.
    run : ToolRun
        Version and notes of the tool.
    n_values : int
        Different label values found.
    notes : tuple of str
        What the reader should know.
    """

    path: Path
    naming: str
    run: ToolRun
    n_values: int
    notes: tuple[str, ...]


def segment_with_tool(
    image: str | Path,
    out: str | Path,
    tool: SegmentingTool,
    wish: ToolWish,
    *,
    series: str | None = None,
    orientation: str | None = None,
    cache: VolumeCache | None = None,
    progress: Progress = stay_silent,
) -> SegmentedPicture:
    """Label values of a tool for a picture file, with the axes and the affine of that file, whole or not at all.

    The values are the tool's own: they enter through its naming like any labels made elsewhere.

    Parameters
    ----------
    image, out : path
        Picture, and the NIfTI file to be made.
    tool : SegmentingTool
        The program.
    wish : ToolWish
        What it is to outline, and how it runs.
    series : str, optional
        Which volume, where a place holds several.
    orientation : str, optional
        Where slices, rows and columns grow, for files that do not say.
    cache : VolumeCache, optional
        Keeps decoded voxels between sittings.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    HipSpineError
        Why the tool cannot run; what the reader of the picture refuses; if the tool fails, finds nothing, or gives
        labels on other voxels than the picture's.
    """
    from ..reading.volumes import open_volume

    refusal = tool.why_not(wish)
    if refusal is not None:
        raise refusal
    image, out = Path(image), Path(out)
    if out.exists() and image.exists() and out.samefile(image):
        raise InvalidChoice(f"Expected another file than the picture for the labels, found the same, at {out}.")
    volume = open_volume(image, series=series, cache=cache)
    if orientation is not None and ASSUMED in volume.flags:
        volume = state_orientation(volume, orientation)
    return segment_volume(volume, out, tool, wish, template=image, inputs=(image,), progress=progress)


def segment_volume(
    volume: Volume,
    out: Path,
    tool: SegmentingTool,
    wish: ToolWish,
    *,
    template: Path | None = None,
    inputs: Sequence[Path] = (),
    progress: Progress = stay_silent,
) -> SegmentedPicture:
    """The same for a picture that is open.

    Parameters
    ----------
    volume : Volume
        The picture, on the grid on which it is measured.
    out, tool, wish, progress
        As in `segment_with_tool`.
    template : Path, optional
        NIfTI file whose axes and affine the label file takes; by default columns fastest and the volume's geometry.
    inputs : sequence of Path
        Files to fingerprint.

    Raises
    ------
    HipSpineError
        As `segment_with_tool`, but for the reader of the picture.
    """
    from ..segmenting.adapters.tools import require_size
    from ..writing.labels_like import ENDINGS

    refusal = tool.why_not(wish)
    if refusal is not None:
        raise refusal
    if not out.name.lower().endswith(ENDINGS):
        raise InvalidChoice(f"Expected a file ending in {' or '.join(ENDINGS)}, found {out.name!r}.")
    require_size(volume.grid.shape, tool.title)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".segmenting-", dir=out.parent, ignore_cleanup_errors=True) as folder:
            run, labels = _run_tool(volume, Path(folder), tool, wish, progress)
    except OSError as error:
        raise HipSpineError(
            f"Expected a folder that can be written, found {error.strerror or error}, in {out.parent}.",
            hint="Choose another folder, or make room on the disk.",
        ) from error
    path = _write(labels, volume.grid, out, template)
    notes = run.notes
    if ASSUMED in volume.flags:
        notes += ("the picture does not say how the patient lies: left and right rest on an assumption",)
    naming = _write_provenance(path, tool, wish, run, inputs, notes)
    return SegmentedPicture(path, naming, run, int(np.count_nonzero(np.bincount(labels.ravel())[1:])), notes)


def _run_tool(
    volume: Volume, folder: Path, tool: SegmentingTool, wish: ToolWish, progress: Progress
) -> tuple[ToolRun, NDArray[np.uint16]]:
    """Hand the picture over, run the tool, and see its labels on the grid of the picture."""
    from ..writing.nifti_volumes import write_nifti_volume

    picture, result = folder / _PICTURE, folder / _RESULT
    write_nifti_volume(_Told(signal_blocks(volume), progress), volume.grid, picture)
    run = tool.segment(picture, result, wish, progress)
    progress(0, 0, f"reading what {tool.title} found")
    return run, labels_on(result, volume.grid, title=tool.title)


def labels_on(path: Path, grid: Grid, *, title: str) -> NDArray[np.uint16]:
    """Label values of a tool's file as an array on a picture's grid, shape ``(n_slices, n_rows, n_columns)``.

    Axes may be permuted and flipped; the voxels must be those of the picture, all of them.

    Parameters
    ----------
    path : Path
        What the tool wrote.
    grid : Grid
        Grid of the picture it was given.
    title : str
        What the tool is called in messages.

    Raises
    ------
    GridMismatch
        If its voxels are not those of the picture.
    ToolFailed
        If there is nothing but background.
    UnknownLabel
        If its values are no labels.
    """
    from ..reading.label_looks import label_voxels_of
    from ..reading.volumes import open_volume

    found = open_volume(path)
    try:
        is_whole = not index_map_between(found.grid, grid).crops_or_pads
    except GridMismatch:
        is_whole = False
    if not is_whole:
        raise GridMismatch(
            f"Expected labels of {title} on the voxels of the picture, found {found.grid.difference_from(grid)}.",
            hint="Its version may work otherwise than the one known here; nothing was written.",
        )
    labels = np.asarray(seen_on(label_voxels_of(found), found.grid, grid)[...], dtype=np.uint16)
    if not labels.any():
        raise ToolFailed(
            f"Expected {title} to find something, found nothing but background.",
            hint="Check that the picture shows what this task outlines, and that its orientation is right.",
        )
    return labels


def _write(labels: NDArray[np.uint16], grid: Grid, out: Path, template: Path | None) -> Path:
    from ..writing.labels_like import write_labels_like
    from ..writing.nifti_volumes import write_nifti_volume
    from ..writing.places import complete_before_visible

    if template is not None:
        return write_labels_like(labels, grid, template, out)
    with complete_before_visible(out.parent, out.name) as (waiting,):
        write_nifti_volume(ArrayBlocks(labels), grid, waiting)
    return out


def _write_provenance(
    path: Path, tool: SegmentingTool, wish: ToolWish, run: ToolRun, inputs: Sequence[Path], notes: tuple[str, ...]
) -> str:
    """What was run, in a file beside the labels; gives the naming of their values."""
    from ..segmenting.adapters.tools import task_of
    from ..writing.tables import as_json, write_whole

    task = task_of(tool, wish.task)
    settings = {
        "tool": tool.title,
        "version": run.version,
        "task": task.id,
        "naming": task.naming,
        "device": wish.device.value,
        "licence": tool.licence,
    }
    rests_on = Provenance("segment_with_tool", settings, fingerprints(inputs), notes)
    write_whole(path.parent, {provenance_of(path).name: as_json(rests_on.as_dict())})
    return task.naming


def provenance_of(path: Path) -> Path:
    """The JSON file beside a label file."""
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")


@dataclass(frozen=True)
class _Told:
    """Blocks that say how far they were read."""

    source: BlockSource
    progress: Progress

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @property
    def block_shape(self) -> tuple[int, int, int]:
        return self.source.block_shape

    def is_empty(self, box: Box) -> bool:
        return self.source.is_empty(box)

    def read(self, box: Box) -> NDArray[Any]:
        self.progress(box[0].start, self.shape[0], "writing the picture for the tool")
        return self.source.read(box)
