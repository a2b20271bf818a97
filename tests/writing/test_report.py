"""The report page: units in headings, pictures inside, what it rests on, and no folder of the machine."""

from __future__ import annotations

import re

from napari_hipspine.domain.provenance import RESEARCH_ONLY, Fingerprint, Provenance
from napari_hipspine.domain.subject import SubjectKey, SubjectResult
from napari_hipspine.domain.tables import MEASUREMENTS, SLICES
from napari_hipspine.writing.report import Picture, report_as_html

FOUND = {"threshold": 82.5, "lean": 33.0, "fat": 132.0, "method": "fat-reference", "flags": [], "reason": "x"}
MOVED = {**FOUND, "threshold": 60.0, "method": "manual", "automatic": FOUND, "moved_by": "r1"}


def page(**row) -> str:
    given = {"subject_id": "s<1", "level": "L4", "muscle": "multifidus", "side": "left", "csa_mm2": 512.4, **row}
    settings = {
        "protocol": {"fat_method": "fat-reference", "erosion_mm": 1.5},
        "window": "3 slices",
        "levels": [{"level": "L4", "slice_position": "mid_vertebra", "position_mm": -35.25, "muscle": ""}],
        "thresholds": {"multifidus": MOVED},
    }
    inputs = (Fingerprint("/scans/somebody/t2.nii", "ab" * 32, 9),)
    provenance = Provenance("measure", settings, inputs, ("a <note>",), {"python": "3.11"})
    result = SubjectResult(SubjectKey("s<1"), SLICES.empty(), MEASUREMENTS.frame([given]), provenance)
    return report_as_html([(result, [Picture("slice 14 & more", b"png")])], title="T <1>")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_stands_alone_and_says_what_it_is():
    html = page(fi=0.1234)
    assert html.startswith("<!doctype html>")
    assert RESEARCH_ONLY in html
    assert "<note>" not in html
    assert 'src="data:image/png;base64,' in html
    assert "http" not in html
    assert "CSA [mm²] FI [%] Fat method" in words(html)
    assert "512 12.3" in words(html)


def test_moved_thresholds_are_told_from_found_ones():
    said = words(page())
    assert "multifidus manual 60 33 132 82.5 by fat-reference r1" in said
    assert "window: 3 slices" in said
    assert "L4 mid vertebra -35.2 all" in said
    assert "Erosion [mm] 1.5" in said


def test_files_are_named_by_content_and_not_by_folder():
    html = page()
    assert "t2.nii" in html
    assert "ab" * 32 in html
    assert "somebody" not in html


def test_a_missing_cell_says_why():
    html = page(fi=None, reason="no_fat_class", fat_method="dixon", threshold=0.5, ff=0.2)
    assert "Threshold [fat fraction]" in html
    assert "20.0" in words(html)
