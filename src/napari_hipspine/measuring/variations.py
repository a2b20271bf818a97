"""The measurement table again under other choices: thresholds, windows and outlines moved a little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ..domain.errors import Cancelled, HipSpineError
from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan, ShiftedWindow
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import Progress, SubjectKey, stay_silent
from ..domain.tables import MEASUREMENTS, VARIATIONS
from ..domain.volume import Volume, WaterFat
from .choices import kind_of
from .fat_threshold import FatThresholds
from .half_pixels import PARTS, image_in_half_pixels, labels_in_half_pixels
from .left_out import LeftOut, find_left_out
from .measures import Measured, tables_from_sums
from .readout import ImageKind
from .slice_sums import SliceSums, sum_slices

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD_CHANGE = 0.1
"""Thresholds are moved by this share of themselves."""

WAYS = {
    "threshold_plus_10_percent": "every threshold 10 % higher (fat fractions: the cut at one half)",
    "threshold_minus_10_percent": "every threshold 10 % lower (fat fractions: the cut at one half)",
    "slice_plus_1": "every window one slice nearer to the head (other slices: farther along the slice normal)",
    "slice_minus_1": "every window one slice farther from the head",
    "outline_plus_half_pixel": "every outline half a pixel outward; touching outlines stay where they touch",
    "outline_minus_half_pixel": "every outline half a pixel inward",
}
"""What is done otherwise, by the name of the variation."""


@dataclass(frozen=True)
class _Subject:
    """What a subject was measured from."""

    measured: Measured
    image: Volume | WaterFat
    label_map: LabelMap
    plan: LevelPlan
    protocol: MeasurementProtocol
    key: SubjectKey
    implants: Implants | None

    @property
    def picture(self) -> Volume | WaterFat:
        """The image as it was measured, its bias field corrected where that was asked for."""
        return self.measured.picture or self.image

    def table(
        self,
        sums: SliceSums,
        *,
        thresholds: FatThresholds | None = None,
        plan: LevelPlan | None = None,
        protocol: MeasurementProtocol | None = None,
        image: Volume | WaterFat | None = None,
        left_out: LeftOut | None = None,
    ) -> pd.DataFrame:
        """The measurement table with some of it changed; what is not given stays as it was."""
        return tables_from_sums(
            sums,
            thresholds or self.measured.thresholds,
            image or self.image,
            self.label_map,
            plan or self.plan,
            protocol or self.protocol,
            key=self.key,
            left_out=left_out or self.measured.left_out,
        ).measurements


def measure_variations(
    measured: Measured,
    image: Volume | WaterFat,
    label_map: LabelMap,
    plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    key: SubjectKey,
    implants: Implants | None = None,
    progress: Progress = stay_silent,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The measurement table under each of `WAYS`, and notes on those that could not be measured.

    Thresholds and windows are moved in the sums that are there; only outlines, and the cut of water and fat, are
    counted anew, on the slices of the windows. Thresholds are never found anew: they stay as they were or are moved.

    Parameters
    ----------
    measured : Measured
        The result to hold against.
    image, label_map, plan, protocol, key, implants
        What it was measured from, labels on the image's grid.
    progress : Progress
        Told how far the work has come; may cancel it.

    Returns
    -------
    tuple of pandas.DataFrame and tuple of str
        Table `VARIATIONS`; without marked levels windows cannot be moved, their rows are empty (``level_not_set``).
    """
    import pandas as pd

    subject = _Subject(measured, image, label_map, plan, protocol, key, implants)
    frames, notes = [], list[str]()
    for done, (name, find) in enumerate(_ways(subject).items()):
        progress(done, len(WAYS), name.replace("_", " "))
        try:
            frames.append(find().assign(variation=name))
        except Cancelled:
            raise
        except HipSpineError as refusal:
            notes.append(f"{name} could not be measured: {refusal.message}")
    progress(len(WAYS), len(WAYS), "done")
    table = pd.concat(frames, ignore_index=True) if frames else VARIATIONS.empty()
    return table[VARIATIONS.column_names], tuple(notes)


def _ways(subject: _Subject) -> dict[str, Callable[[], pd.DataFrame]]:
    """How each variation is found."""
    return {
        "threshold_plus_10_percent": partial(_with_thresholds, subject, 1 + THRESHOLD_CHANGE),
        "threshold_minus_10_percent": partial(_with_thresholds, subject, 1 - THRESHOLD_CHANGE),
        "slice_plus_1": partial(_with_windows, subject, 1),
        "slice_minus_1": partial(_with_windows, subject, -1),
        "outline_plus_half_pixel": partial(_with_outlines, subject, is_outward=True),
        "outline_minus_half_pixel": partial(_with_outlines, subject, is_outward=False),
    }


def _with_thresholds(subject: _Subject, factor: float) -> pd.DataFrame:
    """Every threshold times a factor; fat fractions have one cut, and water and fat are counted again for it."""
    found, sums = subject.measured.thresholds, subject.measured.sums
    moved = {muscle: replace(one, threshold=one.threshold * factor) for muscle, one in found.muscles.items()}
    thresholds = replace(found, muscles=moved)
    kind = kind_of(subject.image)
    if kind is ImageKind.SIGNAL:
        return subject.table(sums, thresholds=thresholds)
    protocol = replace(subject.protocol, ff_cut=min(subject.protocol.ff_cut * factor, 1.0))
    if kind is ImageKind.PAIR:
        sums = sum_slices(subject.picture, subject.label_map, protocol)
    return subject.table(sums, thresholds=thresholds, protocol=protocol)


def _with_windows(subject: _Subject, offset: int) -> pd.DataFrame:
    """Every window some slices nearer to the head."""
    if subject.plan.is_empty:
        return _without_numbers(subject.measured.measurements, "level_not_set")
    plan = replace(subject.plan, window=ShiftedWindow(subject.plan.window, offset))
    sums = subject.measured.sums
    found = find_left_out(subject.implants, sums, subject.label_map, plan, subject.key) if subject.implants else None
    return subject.table(sums, plan=plan, left_out=found)


def _with_outlines(subject: _Subject, *, is_outward: bool) -> pd.DataFrame:
    """Every outline half a pixel outward or inward, counted in half pixels on the slices of the windows."""
    grid = subject.image.grid
    slices = set(range(grid.shape[0]))
    if not subject.plan.is_empty:
        slices = {z for placement in subject.plan.placements for z in subject.plan.slices(grid, placement)}
    image = image_in_half_pixels(subject.picture)
    labels = labels_in_half_pixels(subject.label_map, slices=slices, is_outward=is_outward)
    fewest = {name: getattr(subject.protocol, name) * PARTS**2 for name in ("min_pixels", "small_roi_pixels")}
    protocol = replace(subject.protocol, **fewest)
    return subject.table(sum_slices(image, labels, protocol), protocol=protocol, image=image)


def _without_numbers(measurements: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The same rows without any number, for one reason."""
    kept = [*MEASUREMENTS.key, "region"]
    rows = ({str(k): v for k, v in row.items()} for row in measurements[kept].to_dict("records"))
    return MEASUREMENTS.frame(row | {"reason": reason} for row in rows)
