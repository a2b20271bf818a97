"""What the name of a file in a study folder says: entities, contrast, region; nothing is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..domain.anatomy import Region
from ..domain.volume import Contrast

PICTURE_ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".ome.zarr", ".zarr")
LABEL_ENDINGS = (".seg.nrrd", *PICTURE_ENDINGS)

CONTRAST_WORDS = {
    "t1w": Contrast.T1,
    "t1": Contrast.T1,
    "t2w": Contrast.T2,
    "t2": Contrast.T2,
    "pdw": Contrast.PD,
    "pd": Contrast.PD,
    "water": Contrast.WATER,
    "w": Contrast.WATER,
    "fat": Contrast.FAT,
    "f": Contrast.FAT,
    "ff": Contrast.FAT_FRACTION,
    "pdff": Contrast.FAT_FRACTION,
    "fatfraction": Contrast.FAT_FRACTION,
}
"""Last word of a picture's name, and what the picture shows."""

LABEL_WORDS = frozenset({"dseg", "seg", "labels", "label"})
"""Last word of a label map's name."""

_PARTS_OF_DIXON = re.compile(r"(water|fat)$", re.IGNORECASE)
_SEQUENCES = frozenset({"dixon", "megre", "vibe", "ideal", "lava", *CONTRAST_WORDS})
_WHO = ("sub", "ses")
_OF_DERIVED = frozenset({"space", "desc", "res", "den", "label", "hemi"})
"""Entities that something derived from a picture has beside those of the picture."""

_REGION_WORDS = {
    Region.LUMBAR: re.compile(r"lumbar|lspine|l-spine|lwk|paraspinal|(?:^|[^a-z])l[345](?![0-9a-z])", re.IGNORECASE),
    Region.HIP: re.compile(r"(?<![a-z])hip|pelvis|becken|glut|trochanter", re.IGNORECASE),
}


@dataclass(frozen=True)
class FileName:
    """A name taken apart.

    Parameters
    ----------
    entities : mapping of str to str
        What stands as ``key-value``, e.g. ``{"sub": "007", "acq": "lumbar"}``.
    words : tuple of str
        What stands without a key.
    """

    entities: Mapping[str, str]
    words: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """The last word, in small letters; empty where the name ends with an entity."""
        return self.words[-1].lower() if self.words else ""

    @property
    def subject(self) -> str:
        """Subject as entity; empty where the name has none."""
        return self.entities.get("sub", "")

    @property
    def session(self) -> str:
        """Session as entity; empty where the name has none."""
        return self.entities.get("ses", "")

    @property
    def contrast(self) -> Contrast:
        """What the picture shows; water and fat may also be named inside an entity such as ``acq-dixonwater``."""
        if self.suffix in _SEQUENCES and self._dixon_entity:
            part = _PARTS_OF_DIXON.search(self.entities[self._dixon_entity])
            return CONTRAST_WORDS[part[1].lower()] if part else Contrast.UNKNOWN
        return CONTRAST_WORDS.get(self.suffix, Contrast.UNKNOWN)

    @property
    def is_label_map(self) -> bool:
        """Whether it is named as a label map is."""
        return self.suffix in LABEL_WORDS

    @property
    def region(self) -> Region | None:
        """Region named in entities or words; None where neither or both are."""
        return region_in_words(" ".join((*(v for k, v in self.entities.items() if k not in _WHO), *self.words)))

    @property
    def of_picture(self) -> dict[str, str]:
        """Entities that tell pictures of one subject and session apart, without the word for water or fat."""
        kept = {k: v for k, v in self.entities.items() if k not in _WHO and k not in _OF_DERIVED}
        if self.suffix in _SEQUENCES and self._dixon_entity in kept:
            kept[self._dixon_entity] = _PARTS_OF_DIXON.sub("", kept[self._dixon_entity])
        return {key: value for key, value in kept.items() if value}

    @property
    def _dixon_entity(self) -> str:
        return next((k for k, v in self.entities.items() if k not in _WHO and _PARTS_OF_DIXON.search(v)), "")


def take_apart(path: str | Path) -> FileName:
    """The parts of a file's name, without its ending."""
    name = Path(path).name
    ending = next((one for one in LABEL_ENDINGS if name.lower().endswith(one)), "")
    entities: dict[str, str] = {}
    words: list[str] = []
    for part in name.removesuffix(name[len(name) - len(ending) :] if ending else "").split("_"):
        key, dash, value = part.partition("-")
        if dash and key.isalnum() and value:
            entities[key] = value
        elif part:
            words.append(part)
    return FileName(entities, tuple(words))


def region_in_words(words: str) -> Region | None:
    """Region that words name; None where they name neither or both."""
    found = [region for region, pattern in _REGION_WORDS.items() if pattern.search(words)]
    return found[0] if len(found) == 1 else None
