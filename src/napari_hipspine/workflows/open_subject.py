"""Files of one subject, opened and brought onto one grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.errors import InvalidChoice
from ..domain.grid import Grid
from ..domain.label_map import LabelMap
from ..domain.orientation import state_orientation
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat, accept_header_mismatch


@dataclass(frozen=True)
class ImageFiles:
    """Which picture is measured, and what the user says of it.

    Parameters
    ----------
    image, water, fat, fat_fraction : path, optional
        Either ``image``, or ``water`` with ``fat``, or ``fat_fraction``.
    series : str, optional
        Series of the image: its UID, or its number from 0 in the list that `list_volumes` gives.
    contrast : Contrast, optional
        Declared where the header is silent or wrong.
    fat_polarity : FatPolarity, optional
        Declared where the header is silent or wrong.
    allows_fat_suppressed : bool
        Whether threshold FI is wanted although fat was suppressed; written into every row, unless the header says
        that fat was not suppressed.
    accepts_header_mismatch : bool
        Whether water and fat of one acquisition may disagree in their headers; written into every row.
    orientation : str, optional
        Where slices, rows and columns grow, e.g. ``"SPL"``, for files that carry no patient orientation.
    """

    image: str | Path | None = None
    water: str | Path | None = None
    fat: str | Path | None = None
    fat_fraction: str | Path | None = None
    series: str | None = None
    contrast: Contrast | None = None
    fat_polarity: FatPolarity | None = None
    allows_fat_suppressed: bool = False
    accepts_header_mismatch: bool = False
    orientation: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("image", "water", "fat", "fat_fraction") if getattr(self, name) is not None]
        if given not in (["image"], ["water", "fat"], ["fat_fraction"]):
            raise InvalidChoice(
                "Expected one image, or water and fat, or a fat-fraction map, "
                f"found {' and '.join(given).replace('_', '-') or 'none'}.",
                hint="Give --image FILE, or --water FILE --fat FILE, or --fat-fraction FILE.",
            )
        if self.series is not None and self.water is not None:
            raise InvalidChoice(
                "Expected a series of one image, found a series beside water and fat.",
                hint="Water and fat are given as one file or folder each; leave --series out.",
            )

    def refuse_declarations(self, found: str) -> None:
        """Refuse words on contrast and fat where the picture holds fat fractions, which need none and heed none.

        Raises
        ------
        InvalidChoice
            If contrast, polarity or allowed fat suppression was stated.
        """
        given = {
            "contrast": self.contrast is not None,
            "fat-polarity": self.fat_polarity is not None,
            "allow-fat-suppressed": self.allows_fat_suppressed,
        }
        stated = [f"--{name}" for name, is_given in given.items() if is_given]
        if stated:
            raise InvalidChoice(
                f"Expected {' and '.join(stated)} with one T1, T2 or PD image, found {found}, "
                f"in {', '.join(path.name for path in self.paths)}.",
                hint="Fat fractions know fat without them: leave them out, or measure one image by itself.",
            )

    @property
    def places(self) -> tuple[str | Path, ...]:
        """The files given, in a fixed order, as they were given: paths or URLs."""
        given = (self.image, self.water, self.fat, self.fat_fraction)
        return tuple(path for path in given if path is not None)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files given, in a fixed order, as paths; of a URL, which is none, only the name can be used."""
        return tuple(Path(path) for path in self.places)


@dataclass(frozen=True)
class LabelFiles:
    """Which labels are read and what their values mean.

    Parameters
    ----------
    labels : path
        Label map, or a folder with one file per structure.
    naming : str or path, optional
        Name of a naming, or a CSV with columns value, muscle, side; not needed where the file carries names.
    series : str, optional
        Series of the labels, as for images.
    ignores_unknown : bool
        Whether values the naming does not know are left out instead of refused.
    orientation : str, optional
        As for images; labels that carry an orientation of their own are believed.
    """

    labels: str | Path
    naming: str | Path | None = None
    series: str | None = None
    ignores_unknown: bool = False
    orientation: str | None = None


def open_subject(
    pictures: ImageFiles, outlines: LabelFiles, *, cache: VolumeCache | None = None
) -> tuple[Volume | WaterFat, LabelMap]:
    """Picture and labels of one subject, the labels on the picture's grid.

    Parameters
    ----------
    pictures : ImageFiles
        What is measured.
    outlines : LabelFiles
        What is outlined.
    cache : VolumeCache, optional
        Keeps decoded voxels between sittings.

    Raises
    ------
    HipSpineError
        Whatever the readers refuse; two grids that no lossless step joins.
    """
    label_map = open_labels(outlines, cache=cache)
    image = open_image(pictures, labels_grid=label_map.grid, cache=cache)
    return image, label_map.on_grid(image.grid)


def open_labels(outlines: LabelFiles, *, cache: VolumeCache | None = None) -> LabelMap:
    """The label map with its structures named."""
    from ..reading.label_maps import UnknownValues, open_label_map

    unknown = UnknownValues.IGNORE if outlines.ignores_unknown else UnknownValues.REFUSE
    return open_label_map(
        outlines.labels,
        outlines.naming,
        series=outlines.series,
        unknown=unknown,
        orientation=outlines.orientation,
        cache=cache,
    )


def open_drawing(path: str | Path, *, cache: VolumeCache | None = None) -> LabelMap:
    """What was drawn or segmented beside the muscles, its values without names: fat, a compartment, other tissue."""
    from ..reading.label_maps import look_at_labels

    look = look_at_labels(path, cache=cache)
    return LabelMap(look.voxels, look.grid, {}, path=str(path))


def open_image(
    pictures: ImageFiles, *, labels_grid: Grid | None = None, cache: VolumeCache | None = None
) -> Volume | WaterFat:
    """The picture as the user declares it: one volume, or water and fat on one grid.

    Parameters
    ----------
    pictures : ImageFiles
        What is measured.
    labels_grid : Grid, optional
        Grid of the labels; it decides whose geometry a pair with disagreeing headers takes.
    cache : VolumeCache, optional
        Keeps decoded voxels between sittings.

    Raises
    ------
    InvalidChoice
        If contrast or polarity is stated of water and fat or of a fat-fraction map.
    """
    from ..reading.volumes import open_volume
    from ..reading.water_fat import open_water_fat_pair

    if pictures.image is None:
        pictures.refuse_declarations("water and fat" if pictures.water is not None else "a fat-fraction map")
    if pictures.water is not None and pictures.fat is not None:
        pair = open_water_fat_pair(pictures.water, pictures.fat, cache=cache)
        water, fat = (_as_stated(volume, pictures) for volume in pair)
        if pictures.accepts_header_mismatch:
            return accept_header_mismatch(water, fat, labels_grid=labels_grid or water.grid)
        return WaterFat(water, fat)
    if pictures.fat_fraction is not None:
        volume = open_volume(pictures.fat_fraction, series=pictures.series, cache=cache)
        return replace(_as_stated(volume, pictures), contrast=Contrast.FAT_FRACTION)
    return _open_single(pictures, cache)


def _open_single(pictures: ImageFiles, cache: VolumeCache | None) -> Volume | WaterFat:
    """One image; a place with one series of two echoes, unless one echo is picked by number, is water and fat."""
    from ..reading.volumes import list_volumes, open_volume, volumes_of_series
    from ..reading.water_fat import pair_of_series

    path = str(pictures.image)
    if pictures.series is None or not pictures.series.isdigit():
        chosen = volumes_of_series(list_volumes(path, cache=cache), path, series=pictures.series)
        is_one_series = len({volume.source.series for volume in chosen}) == 1
        pair = pair_of_series(chosen) if is_one_series and len(chosen) > 1 else None
        if pair is not None:
            pictures.refuse_declarations("water and fat of one series")
            return pair
    return declare(_as_stated(open_volume(path, series=pictures.series, cache=cache), pictures), pictures)


def _as_stated(volume: Volume, pictures: ImageFiles) -> Volume:
    return state_orientation(volume, pictures.orientation) if pictures.orientation else volume


def declare(volume: Volume, pictures: ImageFiles) -> Volume:
    """The volume with contrast, polarity and fat suppression as the user states them."""
    may_be_suppressed = volume.fat_suppressed is not False
    flags = ("fat_suppressed",) if pictures.allows_fat_suppressed and may_be_suppressed else ()
    return replace(
        volume,
        contrast=pictures.contrast or volume.contrast,
        fat_polarity=pictures.fat_polarity or volume.fat_polarity,
    ).with_flags(*flags)
