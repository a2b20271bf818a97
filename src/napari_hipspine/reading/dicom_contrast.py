"""What a DICOM header says of contrast, fat suppression and fat polarity, and nothing it does not say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from ..domain.volume import Contrast, FatPolarity

_CODED_IMAGE_TYPES = {
    Contrast.WATER: {"W", "WATER"},
    Contrast.FAT: {"F", "FAT"},
    Contrast.IN_PHASE: {"IP", "IN_PHASE", "INPHASE"},
    Contrast.OUT_OF_PHASE: {"OP", "OOP", "OUT_OF_PHASE", "OUT_PHASE", "OPP_PHASE", "OPPOSED_PHASE"},
    Contrast.FAT_FRACTION: {"FF", "PDFF", "FAT_FRACTION"},
}
"""Values of Image Type (from the third on) by which scanners mark Dixon images."""

_NO_PLAIN_SIGNAL = {"P", "PHASE", "R", "I", "ADC", "FA", "TRACEW", "DIFFUSION", "PERFUSION", "VELOCITY", "SUBTRACTION"}
"""Values of Image Type of pictures whose grey value is no T1, T2 or PD weighted signal."""

_WEIGHTED_WORDS = {
    Contrast.T1: {"t1", "t1w"},
    Contrast.T2: {"t2", "t2w"},
    Contrast.PD: {"pd", "pdw"},
}
_CODED_CONTRAST = {"T1": Contrast.T1, "T2": Contrast.T2, "PROTON_DENSITY": Contrast.PD}

_SUPPRESSING_OPTIONS = {"FS", "SFS", "FATSAT", "FAT_SAT", "SPIR", "SPAIR"}
_SUPPRESSING_WORDS = {"fs", "fatsat", "stir", "tirm", "spir", "spair", "chess", "proset", "watex"}

_SHORT_TI_MS = (80.0, 300.0)
"""Inversion times at which fat is nulled rather than water [ms]."""


def contrast_of(facts: Mapping[str, Any], words: str) -> tuple[Contrast, FatPolarity, bool | None]:
    """Contrast, fat polarity and whether fat was suppressed, each unknown where the header does not tell.

    Image Type decides first: a scanner that computed water, fat, in-phase, opposed-phase or fat-fraction images says
    so there. Otherwise a weighting is taken from the words T1, T2, PD of description or protocol and, for plain spin
    echoes, from echo and repetition time; if both speak they must agree. Fat is called bright only for a T1, T2 or PD
    weighted spin echo without inversion whose header lists its scan options and shows no fat suppression anywhere.

    Parameters
    ----------
    facts : mapping
        Acquisition facts of the header.
    words : str
        Series description and protocol name.
    """
    if facts.get("Modality", "MR") != "MR":
        return Contrast.UNKNOWN, FatPolarity.UNKNOWN, None
    coded = _coded_contrast(facts)
    if coded is not None:
        polarity = {
            Contrast.WATER: FatPolarity.DARK,
            Contrast.FAT: FatPolarity.BRIGHT,
            Contrast.FAT_FRACTION: FatPolarity.BRIGHT,
        }
        # The fat signal has been taken out of a water image by computation.
        suppressed = True if coded is Contrast.WATER else None
        return coded, polarity.get(coded, FatPolarity.UNKNOWN), suppressed
    suppressed = _is_fat_suppressed(facts, words)
    contrast = _weighting(facts, words)
    is_plain = contrast is not Contrast.UNKNOWN and _is_spin_echo(facts) and not _is_inverted(facts)
    polarity_of_echo = FatPolarity.BRIGHT if is_plain and suppressed is False else FatPolarity.UNKNOWN
    return contrast, polarity_of_echo, suppressed


def _values(facts: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = facts.get(name)
    if value is None:
        return ()
    return tuple(str(one).upper() for one in value) if isinstance(value, tuple) else (str(value).upper(),)


def _tokens(*texts: Any) -> list[str]:
    return [word for text in texts for word in re.split(r"[^a-z0-9*]+", str(text or "").lower()) if word]


def _coded_contrast(facts: Mapping[str, Any]) -> Contrast | None:
    said = set(_values(facts, "ImageType")[2:])
    found = [contrast for contrast, codes in _CODED_IMAGE_TYPES.items() if said & codes]
    return found[0] if len(found) == 1 else None


def _is_spin_echo(facts: Mapping[str, Any]) -> bool:
    sequence = set(_values(facts, "ScanningSequence"))
    return ("SE" in sequence and not sequence & {"GR", "EP"}) or _values(facts, "EchoPulseSequence") == ("SPIN",)


def _is_inverted(facts: Mapping[str, Any]) -> bool:
    return "IR" in _values(facts, "ScanningSequence") or (facts.get("InversionTime") or 0.0) > 0


def _is_fat_suppressed(facts: Mapping[str, Any], words: str) -> bool | None:
    tokens = _tokens(words, facts.get("SequenceName"))
    said = bool(set(tokens) & _SUPPRESSING_WORDS) or ("fat", "sat") in itertools.pairwise(tokens)
    coded = set(_values(facts, "SpectrallySelectedSuppression"))
    nulled = _is_inverted(facts) and _SHORT_TI_MS[0] <= (facts.get("InversionTime") or 0.0) <= _SHORT_TI_MS[1]
    if said or nulled or coded & {"FAT", "FAT_AND_WATER"} or set(_values(facts, "ScanOptions")) & _SUPPRESSING_OPTIONS:
        return True
    return False if "ScanOptions" in facts or coded == {"NONE"} else None


def _weighting(facts: Mapping[str, Any], words: str) -> Contrast:
    image_type = set(_values(facts, "ImageType")[2:])
    if image_type & _NO_PLAIN_SIGNAL or any("MAP" in value for value in image_type):
        return Contrast.UNKNOWN
    said = {contrast for contrast, known in _WEIGHTED_WORDS.items() if known & set(_tokens(words))}
    coded = {_CODED_CONTRAST[value] for value in _values(facts, "AcquisitionContrast") if value in _CODED_CONTRAST}
    if _is_spin_echo(facts):
        timed = set() if _is_inverted(facts) else _weighting_of_times(facts)
    else:
        # On gradient and echo-planar images "T2" means T2* or diffusion as often as not.
        timed = set()
        said = set() if "EP" in _values(facts, "ScanningSequence") else said - {Contrast.T2}
    found = said | coded | timed
    return found.pop() if len(found) == 1 else Contrast.UNKNOWN


def _weighting_of_times(facts: Mapping[str, Any]) -> set[Contrast]:
    """Weighting of a spin echo from repetition and echo time, with wide gaps between the classes."""
    repetition, echo = facts.get("RepetitionTime"), facts.get("EchoTime")
    if not repetition or not echo:
        return set()
    if repetition <= 1000 and echo <= 30:
        return {Contrast.T1}
    if repetition >= 1800 and echo <= 40:
        return {Contrast.PD}
    if repetition >= 1800 and echo >= 70:
        return {Contrast.T2}
    return set()
