"""`hipspine measure`: one subject's picture and labels become tables."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from ..domain.protocol import FatMethod, MeasurementProtocol, protocol_settings, read_protocol
from ..domain.subject import SubjectKey
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat
from ..domain.written_levels import LEVEL_SHAPE, read_level_plan
from .progress import terminal_progress
from .threshold_options import add_review_options, threshold_decisions

if TYPE_CHECKING:
    from ..workflows.open_subject import ImageFiles, LabelFiles

VARIATIONS = "write variations.csv too: thresholds 10 %%, windows one slice, outlines half a pixel to either side"


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("measure", help="measure one subject", description=__doc__)
    add_file_options(parser)
    add_declared_options(parser)
    how = add_protocol_options(parser)
    how.add_argument("--erosion-mm", type=float, help=_reasons()["erosion_mm"])
    how.add_argument(
        "--level",
        action="append",
        default=[],
        metavar="LEVEL=slice:N|mm:X",
        help=LEVEL_SHAPE,
    )
    how.add_argument("--window", metavar="slices:N|mm:X", help="slices read around each level; else the nearest")
    how.add_argument("--variations", action="store_true", help=VARIATIONS)
    add_implant_options(parser)
    add_review_options(parser)
    add_who_options(parser)
    parser.add_argument("--xlsx", action="store_true", help="both tables as an Excel workbook too")
    parser.add_argument("--report", action="store_true", help="a page with pictures of the levels too")
    parser.set_defaults(run=run)


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which picture and which labels are measured."""
    files = parser.add_argument_group("what is measured")
    files.add_argument("--image", type=place, help="T1, T2 or PD image, or a folder with a two-echo series")
    files.add_argument("--water", type=place, help="water image of a Dixon acquisition")
    files.add_argument("--fat", type=place, help="fat image of a Dixon acquisition")
    files.add_argument("--fat-fraction", type=place, help="fat-fraction map (0-1 or 0-100)")
    files.add_argument("--labels", type=place, required=True, help="label map, or a folder with one file per structure")
    files.add_argument("--naming", help="what the label values mean: a name, or a CSV with value,muscle,side")
    files.add_argument("--ignore-unknown", action="store_true", help="leave out values the naming does not know")
    files.add_argument("--series", metavar="UID|N", help="series of the image, number from 0 as `hipspine info` lists")
    files.add_argument("--labels-series", metavar="UID|N", help="series of the labels")
    files.add_argument(
        "--accept-header-mismatch", action="store_true", help="take water and fat whose headers disagree"
    )


def place(text: str) -> str | Path:
    """A path, or a URL as it is written."""
    return text if "://" in text else Path(text)


def add_declared_options(parser: argparse.ArgumentParser) -> None:
    """Add the options by which the user declares what the header does not say."""
    said = parser.add_argument_group("what you know of the series")
    said.add_argument(
        "--orientation", metavar="SPL", help="where slices, rows and columns grow, for files that do not say"
    )
    said.add_argument("--contrast", choices=("T2", "PD", "T1"))
    said.add_argument("--fat-polarity", choices=("bright", "dark"), help="fat is brighter or darker than muscle")
    said.add_argument(
        "--allow-fat-suppressed",
        action="store_true",
        help="measure FI all the same; flagged",
    )


def add_protocol_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that say how fat is told, and give their group for more."""
    reasons = _reasons()
    how = parser.add_argument_group("how it is measured")
    how.add_argument("--fat-method", choices=[m.value for m in FatMethod], help=reasons["fat_method"])
    how.add_argument("--threshold", type=float, help=reasons["manual_threshold"])
    how.add_argument("--fat-roi", type=Path, help="label map of macroscopic fat you accepted or drew (any value but 0)")
    how.add_argument("--protocol", type=Path, help="all settings from a TOML file; options given here win")
    return how


def add_implant_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is left out, with its reason."""
    out = parser.add_argument_group("what is left out")
    out.add_argument("--implants", type=Path, help="CSV of implants, fusions and slices to leave out, with their kind")
    out.add_argument("--metal", type=Path, help="label map of metal or its artefact (any value but 0)")
    out.add_argument(
        "--metal-value", type=int, action="append", default=[], metavar="N", help="only these values of it"
    )
    out.add_argument("--keep-metal", action="store_true", help="measure outlines over metal all the same; flagged")


def add_who_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is measured and where the result goes."""
    who = parser.add_argument_group("who")
    who.add_argument("--subject", help="pseudonym; by default the sub-… part of the image's name, else its name")
    who.add_argument("--session", default="")
    who.add_argument("--reader", default="")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and run.json")


def _reasons() -> dict[str, str]:
    return {setting.name: f"{setting.title} [{setting.unit}]. {setting.reason}" for setting in protocol_settings()}


def run(arguments: argparse.Namespace) -> int:
    """Measure and write."""
    from ..workflows.export_result import ExportChoice, files_beside
    from ..workflows.measure_subject import default_protocol, measure_counted
    from ..workflows.measure_variations import measure_subject_variations
    from ..workflows.open_implants import open_implants
    from ..workflows.open_subject import open_drawing, open_subject
    from ..writing.tables import result_files, write_whole

    pictures = image_files(arguments)
    beside = (arguments.fat_roi, arguments.implants, arguments.metal, arguments.thresholds)
    image, label_map = open_subject(pictures, label_files(arguments))
    review, accepted = threshold_decisions(arguments)
    choices: dict[str, Any] = {
        "level_plan": read_level_plan(arguments.level, arguments.window, image.grid),
        "protocol": chosen_protocol(arguments, default_protocol(image)),
        "implants": open_implants(
            arguments.implants,
            arguments.metal,
            metal_values=arguments.metal_value,
            keeps_metal=arguments.keep_metal,
        ),
    }
    result = measure_counted(
        image,
        label_map,
        key=subject_key(arguments, pictures, image),
        fat_roi=open_drawing(arguments.fat_roi) if arguments.fat_roi else None,
        review=review,
        accepted=accepted,
        inputs=[*pictures.places, arguments.labels, *(path for path in beside if path is not None)],
        progress=terminal_progress("measuring"),
        **choices,
    )
    varied = None
    if arguments.variations:
        progress = terminal_progress("measuring otherwise")
        result, varied = measure_subject_variations(result, image, label_map, progress=progress, **choices)
    chosen = ExportChoice(workbook=arguments.xlsx, report=arguments.report)
    more = files_beside(result, image, label_map, level_plan=choices["level_plan"], choice=chosen)
    for path in write_whole(arguments.out, {**result_files(result, variations=varied), **more}):
        print(path)
    return 0


def image_files(arguments: argparse.Namespace) -> ImageFiles:
    """The picture asked for, as the user declares it."""
    from ..workflows.open_subject import ImageFiles

    return ImageFiles(
        image=arguments.image,
        water=arguments.water,
        fat=arguments.fat,
        fat_fraction=arguments.fat_fraction,
        series=arguments.series,
        contrast=Contrast(arguments.contrast) if arguments.contrast else None,
        fat_polarity=FatPolarity(arguments.fat_polarity) if arguments.fat_polarity else None,
        allows_fat_suppressed=arguments.allow_fat_suppressed,
        accepts_header_mismatch=arguments.accept_header_mismatch,
        orientation=arguments.orientation,
    )


def label_files(arguments: argparse.Namespace) -> LabelFiles:
    """The labels asked for, and what their values mean."""
    from ..workflows.open_subject import LabelFiles

    return LabelFiles(
        arguments.labels,
        arguments.naming,
        series=arguments.labels_series,
        ignores_unknown=arguments.ignore_unknown,
        orientation=arguments.orientation,
    )


def chosen_protocol(arguments: argparse.Namespace, default: MeasurementProtocol) -> MeasurementProtocol:
    """Settings from the file, then from the options; a threshold alone means the manual method."""
    protocol = read_protocol(arguments.protocol) if arguments.protocol else default
    chosen: dict[str, Any] = {}
    if arguments.erosion_mm is not None:
        chosen["erosion_mm"] = arguments.erosion_mm
    if arguments.threshold is not None:
        if arguments.fat_method not in (None, FatMethod.MANUAL.value):
            raise InvalidChoice(
                f"Expected the manual fat method with --threshold, found {arguments.fat_method}.",
                hint="Leave out one of the two.",
            )
        chosen |= {"manual_threshold": arguments.threshold, "fat_method": FatMethod.MANUAL}
    elif arguments.fat_method:
        chosen["fat_method"] = arguments.fat_method
    return replace(protocol, **chosen)


def subject_key(arguments: argparse.Namespace, pictures: ImageFiles, image: Volume | WaterFat) -> SubjectKey:
    """Who is measured, by the options or else by the file's name."""
    from ..workflows.subject_key import series_word, subject_of_path

    subject = arguments.subject or subject_of_path(pictures.paths[0])
    volume = image.water if isinstance(image, WaterFat) else image
    return SubjectKey(subject, arguments.session, series_word(volume), arguments.reader)
