"""Every choice of ours that can change a number, with its title, unit, default and reason."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from enum import StrEnum
from numbers import Real
from pathlib import Path
from typing import Any

from .errors import InvalidChoice


class FatMethod(StrEnum):
    """How fat is told from lean muscle."""

    FAT_REFERENCE = "fat-reference"
    POOLED = "pooled"
    OTSU = "otsu"
    OTSU_POOLED = "otsu-pooled"
    MIXTURE = "mixture"
    KMEANS = "kmeans"
    MANUAL = "manual"
    MUSCLEMAP = "musclemap"
    DIXON = "dixon"


class MixtureCut(StrEnum):
    """Between which classes of a mixture the threshold lies."""

    LEAN_REST = "lean|rest"
    REST_FAT = "rest|fat"


class RoiRule(StrEnum):
    """Where the outline was drawn."""

    FASCIA = "fascia"
    MUSCLE_BORDER = "muscle_border"
    NOT_STATED = "not_stated"


class BiasCorrection(StrEnum):
    """Whether slow changes of signal across the picture are corrected before anything is measured."""

    NONE = "none"
    N4 = "n4"


@dataclass(frozen=True)
class Setting:
    """One setting as people see it."""

    name: str
    title: str
    unit: str
    default: Any
    reason: str
    choices: tuple[str, ...] = ()


def _setting(default: Any, title: str, reason: str, unit: str = "1") -> Any:
    return field(default=default, metadata={"title": title, "unit": unit, "reason": reason})


@dataclass(frozen=True)
class MeasurementProtocol:
    """All settings of a measurement.

    Raises
    ------
    InvalidChoice
        If a value lies outside its range, or a manual threshold is asked for and not given.
    """

    fat_method: FatMethod = _setting(
        FatMethod.FAT_REFERENCE,
        "Fat method",
        "The midpoint between lean muscle and fat beside the muscles means the same in every subject.",
    )
    manual_threshold: float | None = _setting(
        None, "Manual threshold", "Signal beyond which a pixel is called fat, chosen by the reader.", "signal"
    )
    n_classes: int = _setting(
        2, "Classes", "Fixed for a whole study, so that no subject is cut by another rule than the next."
    )
    mixture_cut: MixtureCut = _setting(
        MixtureCut.REST_FAT,
        "Cut between",
        "With three classes the middle one counts as lean unless the cut says otherwise.",
    )
    erosion_mm: float = _setting(
        0.0,
        "Erosion",
        "Takes partial-volume pixels off the border for fat measures; areas stay as drawn.",
        "mm",
    )
    valid_low: float | None = _setting(
        None, "Lowest valid signal", "Pixels below are left out of fat measures.", "signal"
    )
    valid_high: float | None = _setting(
        None, "Highest valid signal", "Pixels above are left out of fat measures.", "signal"
    )
    roi_rule: RoiRule = _setting(
        RoiRule.NOT_STATED,
        "Outline drawn to",
        "Outlines at the fascia hold 14-15 % more erector spinae than at the muscle.",
    )
    bias_correction: BiasCorrection = _setting(
        BiasCorrection.NONE,
        "Bias correction",
        "Off: a correction changes signals near fat; switch it on for a whole study.",
    )
    min_pixels: int = _setting(25, "Fewest pixels", "Below this FI is empty (too_few_pixels).", "pixels")
    small_roi_pixels: int = _setting(100, "Small outline", "Below this FI is flagged small_roi.", "pixels")
    min_fit_pixels: int = _setting(250, "Fewest pixels to fit", "Own-muscle fits below this are refused.", "pixels")
    fat_search_mm: float = _setting(
        20.0, "Fat search distance", "Macroscopic fat is looked for up to this far beside a muscle.", "mm"
    )
    fat_lean_ratio: float = _setting(1.5, "Fat over lean", "Fat must differ from lean muscle by at least this factor.")
    lean_peak_tolerance: float = _setting(
        0.25, "Lean peak tolerance", "A muscle's own lean peak may differ this much from that of all muscles."
    )
    min_fat_share: float = _setting(0.01, "Smallest fat class", "A pooled fat class below this share is no class.")
    ff_cut: float = _setting(0.5, "Fat fraction cut", "Dixon pixels at or above count as fat.")
    severe_cut: float = _setting(
        0.5, "Severe from", "The 50 % category of the research literature; exactly 50 % is severe."
    )
    near_cut: float = _setting(0.05, "Near the cut", "Closer to the severe cut than this is flagged near_cut.")

    def __post_init__(self) -> None:
        for one in fields(self):
            object.__setattr__(self, one.name, _coerced(one, getattr(self, one.name)))
        if self.fat_method is FatMethod.MANUAL and self.manual_threshold is None:
            raise InvalidChoice(
                "Expected a threshold for the manual fat method, found none.",
                hint="Give one with --threshold.",
            )
        if self.n_classes not in (2, 3):
            raise InvalidChoice(f"Expected 2 or 3 classes, found {self.n_classes}.")
        _check_range("erosion_mm", self.erosion_mm, 0, 20)
        _check_range("fat_search_mm", self.fat_search_mm, 1, 100)
        _check_range("fat_lean_ratio", self.fat_lean_ratio, 1.01, 10)
        for name in ("lean_peak_tolerance", "min_fat_share", "ff_cut", "severe_cut", "near_cut"):
            _check_range(name, getattr(self, name), 0, 1)
        for name in ("min_pixels", "small_roi_pixels", "min_fit_pixels"):
            _check_range(name, getattr(self, name), 1, 100_000)
        if None not in (self.valid_low, self.valid_high) and not self.valid_low < self.valid_high:  # type: ignore[operator]
            raise InvalidChoice(
                f"Expected a valid range from low to high, found {self.valid_low} to {self.valid_high}."
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and TOML; settings that are not set are left out."""
        plain = {k: v.value if isinstance(v, StrEnum) else v for k, v in asdict(self).items()}
        return {k: v for k, v in plain.items() if v is not None}


def protocol_settings() -> tuple[Setting, ...]:
    """Every setting with title, unit, default and reason: the source of tooltips, help and reference pages."""
    return tuple(
        Setting(
            name=one.name,
            title=one.metadata["title"],
            unit=one.metadata["unit"],
            default=one.default,
            reason=one.metadata["reason"],
            choices=tuple(type(one.default)) if isinstance(one.default, StrEnum) else (),
        )
        for one in fields(MeasurementProtocol)
    )


def protocol_from_mapping(values: Mapping[str, Any], *, source: str = "the given settings") -> MeasurementProtocol:
    """A protocol from plain values.

    Raises
    ------
    InvalidChoice
        On settings that do not exist or values outside their range.
    """
    known = [one.name for one in fields(MeasurementProtocol)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InvalidChoice(
            f"Expected settings of a measurement protocol, found {', '.join(unknown)}, in {source}.",
            hint=f"Known: {', '.join(known)}.",
        )
    return MeasurementProtocol(**values)


def read_protocol(path: str | Path) -> MeasurementProtocol:
    """A protocol from a TOML file.

    Raises
    ------
    InvalidChoice
        If the file is missing, no TOML, or holds settings that do not exist.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidChoice(f"Expected a protocol in TOML, found {error}, in {path}.") from error
    return protocol_from_mapping(values, source=str(path))


def protocol_as_toml(protocol: MeasurementProtocol) -> str:
    """The protocol as TOML text that `read_protocol` reads back to an equal one."""
    lines = [f"{name} = {_toml(value)}" for name, value in protocol.as_dict().items()]
    return "\n".join(lines) + "\n"


def _toml(value: float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _coerced(one: Field[Any], value: Any) -> Any:
    """Plain values turned into the setting's own type, so that equal protocols compare equal."""
    if isinstance(one.default, StrEnum):
        kind = type(one.default)
        if value not in tuple(kind):
            raise InvalidChoice(
                f"Expected one of {', '.join(kind)} for {one.name}, found {value!r}.",
                hint=one.metadata["reason"],
            )
        return kind(value)
    if value is None and one.default is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidChoice(f"Expected a number for {one.name}, found {value!r}.")
    value = float(value)
    if isinstance(one.default, int):
        if value != int(value):
            raise InvalidChoice(f"Expected a whole number for {one.name}, found {value!r}.")
        return int(value)
    return value


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidChoice(f"Expected {name} between {low:g} and {high:g}, found {value:g}.")
