"""One side proposed from the other: reflected, or reflected and adapted to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..segmenting.mirror import mirror, mirror_adapted, mirror_column
from .proposals import TAKEN, Proposal, writable
from .series_work import SeriesWork


class MirrorWay(StrEnum):
    """How one side becomes the other."""

    REFLECT = "mirror"
    ADAPT = "mirror + adapt"
    """Reflected, then moved to where the picture has the muscle."""


@dataclass(frozen=True, eq=False)
class MirrorWish:
    """Everything a reflection of one muscle rests on."""

    image: VoxelArray
    labels: VoxelArray
    slices: tuple[int, ...]
    value: int
    other: int
    spacing_mm: tuple[float, float, float]
    locked: tuple[int, ...]
    way: MirrorWay

    def run(self, progress: Progress) -> Proposal:
        """The reflection.

        Raises
        ------
        PackageMissing
            If it is to be adapted and OpenCV is not installed.
        """
        before, after = {}, {}
        pairs = {self.value: self.other}
        for done, index in enumerate(self.slices):
            progress(done, len(self.slices), "mirroring")
            picture, labels = np.asarray(self.image[index])[np.newaxis], np.asarray(self.labels[index])[np.newaxis]
            column = mirror_column(picture, column_mm=self.spacing_mm[2])
            if self.way is MirrorWay.ADAPT:
                found = mirror_adapted(
                    picture, labels, pairs, column=column, spacing_mm=self.spacing_mm, locked=self.locked
                )
            else:
                found = mirror(labels, pairs, column=column, locked=self.locked)
            before[index], after[index] = labels[0], found[0]
        return Proposal(self.way.value, before, after)


def mirror_wish(work: SeriesWork, value: int, way: MirrorWay = MirrorWay.REFLECT) -> MirrorWish:
    """The wish to reflect one muscle onto the other side, on slices where nobody has drawn or imported it there.

    Raises
    ------
    InvalidChoice
        If something is missing; the message says what.
    """
    kept = writable(work)
    values = {structure: named for named, structure in (work.label_map.structures if work.label_map else {}).items()}
    structure = next((one for one, named in values.items() if named == value), None)
    if structure is None or structure.other_side not in values:
        raise InvalidChoice("Expected a muscle whose other side the labels name too, found none.")
    if work.volume.grid.orientation[2] not in "LR":
        raise InvalidChoice(
            f"Expected columns that run from side to side, found {work.volume.grid.orientation}.",
            hint="Mirroring needs axial or coronal slices.",
        )
    other = values[structure.other_side]
    if other in kept.store.locked:
        raise InvalidChoice(f"Expected {structure.other_side.label} to be free, found it locked.")
    statuses = kept.store.statuses()
    slices = tuple(sorted(s for s, v in statuses if v == value and statuses.get((s, other)) not in TAKEN))
    if not slices:
        raise InvalidChoice(
            f"Expected {structure.label} on a slice where the other side is not drawn, found none.",
            hint="Outline it first, or erase the other side there.",
        )
    return MirrorWish(
        work.volume.voxels,
        kept.store.snapshot(),
        slices,
        value,
        other,
        work.volume.grid.spacing_mm,
        tuple(kept.store.locked),
        way,
    )
