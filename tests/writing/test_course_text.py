"""Courses in words."""

from __future__ import annotations

from napari_hipspine.relating.models.side_tables import COURSES, OUTCOMES, OVERALL
from napari_hipspine.writing.course_text import format_courses


def test_a_mean_without_an_interval_says_why() -> None:
    row = {"score": "pain", "exposure": "severe", "exposure_value": "1", "n": 1, "mean": 3.7}
    rows = [row | {"time": 0.0, "reason": "too_few_subjects"}, row | {"time": 6.0, "n": 9, "low": 3.0, "high": 4.4}]
    text = format_courses(OUTCOMES.frame([]), OVERALL.frame([]), COURSES.frame(rows))
    assert "pain, severe 1, time 0: n 1, mean 3.7, no interval: too few subjects" in text
    assert "pain, severe 1, time 6: n 9, mean 3.7 (3 to 4.4)" in text
