"""Whether image and protocol fit together, and what kind of numbers an image allows."""

from __future__ import annotations

from ..domain.errors import ContrastUnknown, FatSuppressed, InvalidChoice
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat
from .readout import ImageKind
from .slice_sums import SliceSums

_FRACTION_MOST = 1.2
"""Three quarters of the labelled pixels of a map in fractions lie below this."""

_FRACTION_TOP = 5.0
"""99 % of them lie below this: noise lifts pixels with little signal far above 1."""

_PERCENT_MOST = 150.0
"""Half the labelled pixels of a map in per cent lie below this."""


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
            hint="State --fat-polarity bright (T1, T2, PD without fat suppression) or dark.",
        )
    if image.fat_suppressed and "fat_suppressed" not in image.flags:
        raise FatSuppressed(
            f"Expected a series without fat suppression for a fat threshold, found a fat-suppressed one, in {name}.",
            hint="Use another series. --allow-fat-suppressed measures it all the same and marks every row.",
        )


def fraction_unit(sums: SliceSums) -> float:
    """1 for a fat-fraction map in fractions, 100 for one in per cent, judged by the labelled finite pixels.

    In fractions: three quarters of the pixels are at most 1.2, 99 % at most 5, and the stored numbers are not whole
    ones. In per cent: pixels beyond these 99 % lie above 5, or the numbers are whole, and the median is at most 150.
    Muscle in per cent always has border pixels above 5; noise spreads single pixels of either kind far beyond, and
    those are counted, not clipped.

    Raises
    ------
    InvalidChoice
        If neither holds.
    """
    seen = sums.pooled(range(len(sums.structures)))
    if not seen.n:
        return 1.0
    middle, upper, top = (seen.quantile(share) for share in (0.5, 0.75, 0.99))
    is_whole = bool((seen.values == seen.values.round()).all() and seen.values[-1] > 1)
    if upper <= _FRACTION_MOST and top <= _FRACTION_TOP and not is_whole:
        return 1.0
    if middle <= _PERCENT_MOST and (top > _FRACTION_TOP or is_whole):
        return 100.0
    raise InvalidChoice(
        f"Expected a fat-fraction map in fractions (0-1) or per cent (0-100), found labelled values with median "
        f"{middle:.4g} and 99 % quantile {top:.4g}.",
        hint="Scale the map, or measure water and fat instead.",
    )
