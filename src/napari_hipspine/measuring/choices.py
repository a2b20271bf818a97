"""Whether image and protocol fit together, and what kind of numbers an image allows."""

from __future__ import annotations

from ..domain.errors import ContrastUnknown, FatSuppressed, InvalidChoice
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat
from .readout import ImageKind
from .slice_sums import SliceSums

_FRACTION_MOST = 1.2
"""A map in fractions has 99 % of its pixels below this; noise may lift a few above 1."""

_PERCENT_TOP = (5.0, 150.0)
"""A map in per cent has its 99 % quantile in this range, or its median above `_FRACTION_MOST`."""


def kind_of(image: Volume | WaterFat) -> ImageKind:
    """What kind of numbers an image allows."""
    if isinstance(image, WaterFat):
        return ImageKind.PAIR
    return ImageKind.FRACTION if image.contrast is Contrast.FAT_FRACTION else ImageKind.SIGNAL


def check_choices(image: Volume | WaterFat, protocol: MeasurementProtocol) -> None:
    """Refuse a fat method that the image does not allow.

    Raises
    ------
    InvalidChoice
        If a threshold is asked for on fat fractions, or fat fractions on a single image.
    ContrastUnknown
        If a threshold is asked for and nobody has said whether fat is bright or dark.
    FatSuppressed
        If a threshold is asked for on a fat-suppressed series.
    """
    wants_dixon = protocol.fat_method is FatMethod.DIXON
    if isinstance(image, WaterFat) or image.contrast is Contrast.FAT_FRACTION:
        if not wants_dixon:
            raise InvalidChoice(
                f"Expected the fat method dixon for water and fat or a fat-fraction map, "
                f"found {protocol.fat_method.value}.",
                hint="Choose dixon, or measure one of the images by itself.",
            )
        return
    name = image.source.path or "the image"
    if wants_dixon:
        raise InvalidChoice(
            f"Expected water and fat or a fat-fraction map for the fat method dixon, found one image of contrast "
            f"{image.contrast.value}, in {name}.",
            hint="Give both images (--water, --fat), a map (--fat-fraction), or choose another fat method.",
        )
    if image.fat_polarity is FatPolarity.UNKNOWN:
        raise ContrastUnknown(
            f"Expected to know whether fat is bright or dark, found no statement, in {name}.",
            hint="State it: --fat-polarity bright (T1, T2, PD without fat suppression) or dark.",
        )
    if image.fat_suppressed and "fat_suppressed" not in image.flags:
        raise FatSuppressed(
            f"Expected a series without fat suppression for a fat threshold, found a fat-suppressed one, in {name}.",
            hint="Use another series. --allow-fat-suppressed measures it all the same and marks every row.",
        )


def fraction_unit(sums: SliceSums) -> float:
    """1 for a fat-fraction map in fractions, 100 for one in per cent, judged by the labelled finite pixels.

    In fractions: 99 % of the pixels are at most 1.2, and the stored numbers are not whole ones. In per cent: the
    median is above 1.2, or the 99 % quantile is above 5; up to 150.

    Raises
    ------
    InvalidChoice
        If neither holds.
    """
    seen = sums.pooled(range(len(sums.structures)))
    if not seen.n:
        return 1.0
    top, middle = seen.quantile(0.99), seen.quantile(0.5)
    is_whole = bool((seen.values == seen.values.round()).all() and seen.values[-1] > 1)
    if top <= _FRACTION_MOST and not is_whole:
        return 1.0
    if (middle > _FRACTION_MOST or top > _PERCENT_TOP[0] or is_whole) and top <= _PERCENT_TOP[1]:
        return 100.0
    raise InvalidChoice(
        f"Expected a fat-fraction map in fractions (0-1) or per cent (0-100), found labelled values with median "
        f"{middle:.4g} and 99 % quantile {top:.4g}.",
        hint="Scale the map, or measure water and fat instead.",
    )
