"""Numbers of a series kept with its labels, and taken up again where nothing they follow from has changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ..reading.first_look import key_of_files
from ..workflows.kept_result import keep_result, read_kept_result
from ..workflows.measure_subject import CountedResult
from .kept_work import digest_of
from .label_places import is_passing_place
from .series_work import EditedSlices, Measured, MeasureRequest, SeriesWork
from .session import key_of

_FOLDER = "result"


def keep_numbers(work: SeriesWork, digest: str) -> None:
    """Keep the tables of a series that was measured and has not changed since, beside its labels.

    Nothing is kept of numbers that rest on labels, or on drawn fat, that pass.

    Raises
    ------
    HipSpineError
        If the disk does not take them.
    """
    place, rests_on = _place(work), _rests_on(work, digest)
    measured = work.measured
    if place is None or not rests_on or measured is None or not isinstance(measured.result, CountedResult):
        return
    is_fat_kept = measured.request.fat_roi is None or measured.request.fat_work is not None
    if is_fat_kept and read_kept_result(place, rests_on) is None:
        keep_result(place, measured.result, rests_on)


def numbers_of_before(work: SeriesWork, digest: str) -> Measured | None:
    """What was measured in an earlier sitting; None unless everything it rests on is as it was then.

    Parameters
    ----------
    work : SeriesWork
        As it is opened again.
    digest : str
        Of what was remembered of its last measurement.
    """
    kept, label_map, place = work.label_work, work.label_map, _place(work)
    if kept is None or label_map is None or place is None or not digest:
        return None
    of_fat = work.fat_work.sums.value() if work.fat_work is not None else ()
    if digest_of(work, kept.sums.value(), of_fat=of_fat) != digest:
        return None
    result = read_kept_result(place, _rests_on(work, digest))
    if result is None or result.key != key_of(work):
        return None
    snapshot = kept.store.snapshot()
    request = MeasureRequest(
        image=work.image,
        label_map=replace(label_map, labels=snapshot),
        key=result.key,
        level_plan=work.level_plan,
        protocol=work.protocol,
        fat_roi=work.fat_now,
        fat_work=work.fat_work,
        review=work.review,
        inputs=work.inputs,
        implants=work.implants,
        edited=EditedSlices(work.opened_checksums).look(snapshot, kept.sums.maybe_unlike(work.opened_checksums)),
    )
    return Measured(result, request, ())


def _place(work: SeriesWork) -> Path | None:
    if work.label_work is None or is_passing_place(work.label_work.store.folder.parent):
        return None
    return work.label_work.store.folder.parent / _FOLDER


def _rests_on(work: SeriesWork, digest: str) -> str:
    """The digest with size and time of every file; empty where a file cannot be asked."""
    try:
        files = key_of_files(work.inputs)
    except OSError:
        return ""
    return hashlib.sha256(f"{digest} {files}".encode()).hexdigest()
