"""What a measured series is written as beside its tables: a workbook, a report with pictures, fat that was drawn."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from .measure_subject import CountedResult

WORKBOOK, REPORT, FAT = "results.xlsx", "report.html", "fat_beside_muscles.nii.gz"


@dataclass(frozen=True)
class ExportChoice:
    """What is written beside the tables.

    Parameters
    ----------
    workbook : bool
        Both tables as an Excel workbook.
    report : bool
        A page with pictures of the levels.
    variations : bool
        The same measured with thresholds, windows and outlines moved a little, for the sensitivity of a cohort.
    """

    workbook: bool = False
    report: bool = False
    variations: bool = False


def files_beside(
    result: CountedResult,
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    level_plan: LevelPlan | None = None,
    choice: ExportChoice,
    fat_roi: LabelMap | None = None,
    progress: Progress = stay_silent,
) -> dict[str, str | bytes]:
    """Contents by file name of what was chosen; nothing where nothing was.

    Parameters
    ----------
    result : CountedResult
        What was measured.
    image : Volume or WaterFat
        What it was measured on.
    label_map : LabelMap
        Outlines as they were measured.
    level_plan : LevelPlan, optional
        Levels that were read.
    choice : ExportChoice
        What is wanted.
    fat_roi : LabelMap, optional
        Fat beside the muscles that was drawn in a window; written too, so that the command line can take it.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    PackageMissing
        If a workbook is asked for and openpyxl is not installed.
    """
    from ..writing.report import report_as_html
    from ..writing.workbook import result_as_workbook
    from .picture_levels import picture_levels

    files: dict[str, str | bytes] = {}
    if choice.workbook:
        progress(0, 2, "writing the workbook")
        files[WORKBOOK] = result_as_workbook(result)
    if choice.report:
        progress(1, 2, "drawing the pictures of the report")
        pictures = picture_levels(image, label_map.on_grid(image.grid), result, level_plan=level_plan)
        files[REPORT] = report_as_html([(result, pictures)], title=f"Hip-spine muscles of {result.key.subject_id}")
    if fat_roi is not None:
        files[FAT] = _as_nifti(fat_roi)
    return files


def _as_nifti(drawn: LabelMap) -> bytes:
    from ..writing.nifti_volumes import write_nifti_volume

    with tempfile.TemporaryDirectory(prefix="hipspine-") as folder:
        path = Path(folder) / FAT
        write_nifti_volume(drawn.blocks(), drawn.grid, path)
        return path.read_bytes()
