"""How columns of result tables are headed for people: on the screen, in reports and in workbooks."""

from __future__ import annotations

PER_CENT = ("fi", "ff", "ff_of_sums", "ff_signal_calibrated", "asymmetry_csa", "asymmetry_fcsa", "fi_difference")
"""Shares, stored from 0 to 1 and shown in per cent."""

_UNITS = {"mm2": "mm²", "mm3": "mm³", "mm": "mm"}
_OF_THE_SERIES = ("threshold", "mean_signal")
"""Columns in the units of the series: signal, or fat fraction where those are cut."""

TITLES = {
    "muscle": "Muscle",
    "side": "Side",
    "level": "Level",
    "slice_index": "Slice",
    "position_mm": "Position",
    "n_slices": "Slices",
    "n_slices_expected": "Slices asked",
    "csa_mm2": "CSA",
    "fcsa_mm2": "fCSA",
    "fi": "FI",
    "ff": "FF",
    "ff_of_sums": "FF of sums",
    "ff_signal_calibrated": "FF calibrated",
    "lean_area_mm2": "Lean area",
    "volume_mm3": "Volume",
    "severe": "≥ 50 %",
    "asymmetry_csa": "Asymmetry CSA",
    "asymmetry_fcsa": "Asymmetry fCSA",
    "fi_difference": "FI right − left",
    "threshold": "Threshold",
    "mean_signal": "Mean signal",
    "n_pixels": "Pixels",
    "n_outside": "Outside 0–1",
    "fat_method": "Fat method",
    "flags": "Flags",
    "reason": "Reason",
}
"""Columns that people look at, by their titles; who was measured stands above the table."""


def heading_of(name: str, unit: str, *, is_fraction: bool = False) -> str:
    """Title with unit; the name itself where there is no title.

    Parameters
    ----------
    name, unit : str
        As in the contract of the table.
    is_fraction : bool
        Whether fat fractions are cut instead of signals.
    """
    shown = "%" if name in PER_CENT else _UNITS.get(unit, "")
    if name in _OF_THE_SERIES:
        shown = "fat fraction" if is_fraction and name == "threshold" else "signal"
    title = TITLES.get(name, name)
    return f"{title} [{shown}]" if shown else title
