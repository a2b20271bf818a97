"""Fat between muscles and lean volume of one subject, as the command line measures them."""

from __future__ import annotations

from ..domain.subject import Progress
from ..domain.tables import REGIONS
from ..workflows.measure_regions import regions_files
from ..workflows.region_files import measure_region_files, regions_in_words
from .study_wishes import RegionsWish
from .study_work import ShownTable, StudyOutcome


def region_study(wish: RegionsWish, progress: Progress) -> StudyOutcome:
    """The region table of one subject, as `hipspine regions` makes it."""
    found = measure_region_files(wish.files, choose_protocol=wish.choose_protocol, progress=progress)
    words = regions_in_words(found)
    return StudyOutcome(
        words.splitlines()[0],
        words,
        (ShownTable("Regions", REGIONS, found.regions),),
        {},
        regions_files(found),
    )
