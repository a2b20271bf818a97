"""One row of a cohort, from its files to its folder of results; runs wherever the files can be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..domain.cohort import CohortEntry
from ..domain.errors import Cancelled, HipSpineError
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.provenance import installed_versions
from ..domain.subject import SubjectFailure, SubjectKey
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat
from ..domain.written_levels import read_level_plan
from ..keeping.cohort_store import CohortStore, digest_of, input_states
from ..writing.tables import result_files
from .measure_subject import default_protocol, measure_counted
from .measure_variations import measure_subject_variations
from .open_implants import open_implants
from .open_subject import ImageFiles, LabelFiles, open_drawing, open_subject
from .subject_key import series_word

_UNFORESEEN = "Please report this with the failures table."


@dataclass(frozen=True)
class CohortProtocol:
    """Settings of all rows.

    Parameters
    ----------
    protocol : MeasurementProtocol, optional
        All settings; by default those that fit each image.
    chosen : tuple of (str, value)
        Settings that are replaced in either.
    has_variations : bool
        Whether each row is measured under other choices too.
    """

    protocol: MeasurementProtocol | None = None
    chosen: tuple[tuple[str, Any], ...] = ()
    has_variations: bool = False

    def on(self, image: Volume | WaterFat) -> MeasurementProtocol:
        """The settings for an image."""
        return replace(self.protocol or default_protocol(image), **dict(self.chosen))

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        given = self.protocol.as_dict() if self.protocol else {}
        varied = {"variations": True} if self.has_variations else {}
        return {"protocol": given, "chosen": {name: str(value) for name, value in self.chosen}, **varied}


@dataclass(frozen=True)
class EntryDone:
    """A row whose results are in its folder."""

    entry: CohortEntry


@dataclass(frozen=True)
class EntryFailed:
    """A row without results, and why."""

    entry: CohortEntry
    failure: SubjectFailure


EntryOutcome = EntryDone | EntryFailed


def wish_of(entry: CohortEntry, settings: CohortProtocol) -> str:
    """Digest of everything but the files that a row's numbers depend on."""
    return digest_of({"entry": entry.as_dict(), "settings": settings.as_dict(), "versions": _versions()})


@cache
def _versions() -> str:
    """Digest of what is installed where this runs; it does not change while a program runs."""
    return digest_of(installed_versions())


def measure_entry(entry: CohortEntry, *, settings: CohortProtocol, folder: Path) -> EntryOutcome:
    """Measure one row and keep its results; never raises for what can go wrong with one subject.

    Parameters
    ----------
    entry : CohortEntry
        What is measured.
    settings : CohortProtocol
        How.
    folder : Path
        The cohort's folder, reachable from where this runs.
    """
    steps = _Steps(entry)
    try:
        before = steps.do("opening", lambda: input_states(entry.paths))
        image, label_map = steps.do("opening", lambda: open_subject(pictures_of(entry), outlines_of(entry)))
        files, inputs = steps.do("measuring", lambda: _measured_files(entry, image, label_map, settings))
        states = [{**state, "sha256": sha256} for state, sha256 in zip(before, inputs, strict=True)]
        state = {"wish": wish_of(entry, settings), "inputs": states}
        steps.do("writing", lambda: CohortStore(folder).keep(entry, files, state))
    except _Failed as failed:
        return EntryFailed(entry, failed.failure)
    return EntryDone(entry)


class _Failed(Exception):
    """Carries a failure out of the steps."""

    def __init__(self, failure: SubjectFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class _Steps:
    """Names the step in which something goes wrong."""

    entry: CohortEntry

    def do(self, step: str, work: Callable[[], Any]) -> Any:
        """The result of the work.

        Raises
        ------
        _Failed
            With words for whatever went wrong, except for a wish to stop.
        """
        try:
            return work()
        except Cancelled:
            raise
        except HipSpineError as error:
            raise self._failed(step, error.message, error.hint) from error
        except OSError as error:
            message = f"Expected to go on {step}, found {error.strerror or error}."
            raise self._failed(step, message, "Check the file, its rights and the room on the disk.") from error
        except Exception as error:
            message = f"Something unforeseen went wrong ({type(error).__name__}: {error})."
            raise self._failed(step, message, _UNFORESEEN) from error

    def _failed(self, step: str, message: str, hint: str) -> _Failed:
        return _Failed(SubjectFailure(self.entry.subject_id, step, message, hint))


def _measured_files(
    entry: CohortEntry, image: Volume | WaterFat, label_map: LabelMap, settings: CohortProtocol
) -> tuple[Mapping[str, str], list[str]]:
    volume = image.water if isinstance(image, WaterFat) else image
    roi = entry.place("fat_roi")
    choices: dict[str, Any] = {
        "level_plan": read_level_plan(entry.levels, entry.window or None, image.grid),
        "protocol": settings.on(image),
        "implants": open_implants(entry.place("implants"), entry.place("metal")),
    }
    result = measure_counted(
        image,
        label_map,
        key=SubjectKey(entry.subject_id, entry.session, series_word(volume), entry.reader_id),
        fat_roi=open_drawing(roi) if roi else None,
        inputs=entry.paths,
        **choices,
    )
    varied = None
    if settings.has_variations:
        result, varied = measure_subject_variations(result, image, label_map, **choices)
    return result_files(result, variations=varied), [one.sha256 for one in result.provenance.inputs]


def pictures_of(entry: CohortEntry) -> ImageFiles:
    """The pictures of a row, and what is said of them."""
    return ImageFiles(
        image=entry.place("image"),
        water=entry.place("water"),
        fat=entry.place("fat"),
        fat_fraction=entry.place("fat_fraction"),
        series=entry.series or None,
        contrast=Contrast(entry.contrast) if entry.contrast else None,
        fat_polarity=FatPolarity(entry.fat_polarity) if entry.fat_polarity else None,
        allows_fat_suppressed=entry.allow_fat_suppressed,
        accepts_header_mismatch=entry.accept_header_mismatch,
        orientation=entry.orientation or None,
    )


def outlines_of(entry: CohortEntry) -> LabelFiles:
    """The labels of a row, and what their values mean."""
    naming = entry.folder / entry.naming if entry.naming.lower().endswith(".csv") else entry.naming
    return LabelFiles(
        entry.folder / entry.labels,
        naming or None,
        series=entry.labels_series or None,
        ignores_unknown=entry.ignore_unknown,
        orientation=entry.orientation or None,
    )
