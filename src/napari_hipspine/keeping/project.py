"""What is remembered of a study between two sittings: who is in it and how far each series is; frozen values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from ..domain.anatomy import Region, Structure
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, FatPolarity

ROLES = ("image", "water", "fat", "fat_fraction")
"""What a picture file may be."""


class ProjectInvalid(HipSpineError):
    """A project file that is none, was written by another version, or contradicts itself."""


@dataclass(frozen=True)
class KeptWords:
    """What the reader said of a picture, by the names that opening it takes."""

    series: str | None = None
    contrast: Contrast | None = None
    fat_polarity: FatPolarity | None = None
    allows_fat_suppressed: bool = False
    accepts_header_mismatch: bool = False
    orientation: str | None = None


@dataclass(frozen=True)
class KeptLabels:
    """The label map that outlines were copied from, and what its values mean.

    Parameters
    ----------
    path : Path
        File or folder.
    naming : str or Path, optional
        Name of a naming, or a table of one.
    series : str, optional
        Which volume, where there are several.
    ignores_unknown : bool
        Whether values without a meaning were left out.
    orientation : str, optional
        How the patient lies, where the file does not say.
    """

    path: Path
    naming: str | Path | None = None
    series: str | None = None
    ignores_unknown: bool = False
    orientation: str | None = None


@dataclass(frozen=True)
class KeptProgress:
    """How far a series was when it was last seen.

    Parameters
    ----------
    n_muscles, n_muscles_done : int
        Muscles and sides named, and those of them outlined without a gap.
    measured : str
        When it was measured, in ISO 8601; empty when it was not, or something it rests on has changed since.
    rests_on : str
        Digest of what the measurement rested on.
    """

    n_muscles: int = 0
    n_muscles_done: int = 0
    measured: str = ""
    rests_on: str = ""


@dataclass(frozen=True)
class KeptView:
    """What was on the screen.

    Parameters
    ----------
    slice_index : int, optional
        The slice shown, counted from 0.
    structure : Structure, optional
        The muscle that was worked on.
    contrast_limits : tuple of float, optional
        Black and white of the picture [signal].
    hidden : tuple of Structure
        Muscles that were not shown.
    """

    slice_index: int | None = None
    structure: Structure | None = None
    contrast_limits: tuple[float, float] | None = None
    hidden: tuple[Structure, ...] = ()


@dataclass(frozen=True)
class KeptSeries:
    """One series and what has been done with it.

    Parameters
    ----------
    files : mapping of str to Path
        Under ``image``, under ``water`` and ``fat``, or under ``fat_fraction``; absolute.
    sizes : mapping of str to int
        Bytes of each file, or entries of each folder, when it was opened; tells a picture from another of its name.
    painted : Path, optional
        Folder of the labels that are worked on.
    implants : Path, optional
        Table of implants, fusions and slices to leave out.
    drawn_fat : Path, optional
        Folder of the labels that mark fat beside the muscles, where the reader has drawn it.
    """

    files: Mapping[str, Path]
    sizes: Mapping[str, int] = field(default_factory=dict)
    region: Region | None = None
    words: KeptWords = KeptWords()
    labels: KeptLabels | None = None
    painted: Path | None = None
    level_plan: LevelPlan = LevelPlan()
    protocol: MeasurementProtocol | None = None
    review: ThresholdReview = ThresholdReview()
    view: KeptView = KeptView()
    progress: KeptProgress = KeptProgress()
    implants: Path | None = None
    drawn_fat: Path | None = None

    def __post_init__(self) -> None:
        files = {role: self.files[role] for role in ROLES if role in self.files}
        if tuple(files) not in (("image",), ("water", "fat"), ("fat_fraction",)) or len(files) != len(self.files):
            raise InvalidChoice(
                "Expected one image, or water and fat, or a fat-fraction map, "
                f"found {' and '.join(self.files) or 'none'}."
            )
        object.__setattr__(self, "files", MappingProxyType(files))
        object.__setattr__(self, "sizes", MappingProxyType(dict(self.sizes)))

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other series: its files and which volume in them."""
        return (*map(str, self.files.values()), self.words.series or "")

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file and folder it needs to be opened as it was."""
        found = [*self.files.values()]
        if self.labels is not None:
            found.append(self.labels.path)
            if isinstance(self.labels.naming, Path):
                found.append(self.labels.naming)
        return (*found, *(path for path in (self.painted, self.implants, self.drawn_fat) if path is not None))

    def with_paths(self, place: Callable[[Path], Path]) -> KeptSeries:
        """The same series with every path put elsewhere."""
        labels = self.labels
        if labels is not None:
            naming = place(labels.naming) if isinstance(labels.naming, Path) else labels.naming
            labels = replace(labels, path=place(labels.path), naming=naming)
        files = {role: place(path) for role, path in self.files.items()}
        others = (self.painted, self.implants, self.drawn_fat)
        painted, implants, drawn_fat = (place(path) if path else None for path in others)
        return replace(self, files=files, labels=labels, painted=painted, implants=implants, drawn_fat=drawn_fat)


@dataclass(frozen=True)
class KeptSubject:
    """One subject at one session.

    Parameters
    ----------
    current : int
        Number of the series that was worked on.
    """

    subject_id: str
    session: str = ""
    reader_id: str = ""
    series: tuple[KeptSeries, ...] = ()
    current: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Subject and session."""
        return self.subject_id, self.session


@dataclass(frozen=True)
class Project:
    """Everything remembered of a study.

    Parameters
    ----------
    name : str
        Shown in the header.
    folder : Path, optional
        The study folder; None where subjects were opened one by one.
    subjects : tuple of KeptSubject
        Those that were opened once.
    current : tuple of str, optional
        Subject and session that were open last.

    Raises
    ------
    InvalidChoice
        If one subject and session stands twice.
    """

    name: str
    folder: Path | None = None
    subjects: tuple[KeptSubject, ...] = ()
    current: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        counts = Counter(one.key for one in self.subjects)
        twice = sorted(" ".join(key).strip() for key, n in counts.items() if n > 1)
        if twice:
            raise InvalidChoice(f"Expected every subject and session once, found several times {', '.join(twice)}.")

    def subject(self, key: tuple[str, str]) -> KeptSubject | None:
        """What is remembered of a subject and session."""
        return next((one for one in self.subjects if one.key == key), None)

    def with_subjects(self, *subjects: KeptSubject) -> Project:
        """The same project with subjects taken in, or in place of what was remembered of them."""
        known = {one.key: one for one in (*self.subjects, *subjects)}
        return replace(self, subjects=tuple(known[key] for key in sorted(known)))

    def with_paths(self, place: Callable[[Path], Path]) -> Project:
        """The same project with every path put elsewhere."""
        subjects = tuple(
            replace(one, series=tuple(series.with_paths(place) for series in one.series)) for one in self.subjects
        )
        return replace(self, folder=place(self.folder) if self.folder else None, subjects=subjects)


def size_of(path: Path) -> int:
    """Bytes of a file, or entries of a folder; -1 where there is neither."""
    if path.is_file():
        return path.stat().st_size
    return sum(1 for _ in path.iterdir()) if path.is_dir() else -1
