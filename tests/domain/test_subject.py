"""Who a row is about."""

from __future__ import annotations

import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.subject import SubjectKey


@pytest.mark.parametrize("subject_id", ["", "  ", "\t"])
def test_a_subject_has_a_pseudonym(subject_id: str) -> None:
    with pytest.raises(InvalidChoice, match="Expected a subject id, found none") as refusal:
        SubjectKey(subject_id)
    assert "--subject" in refusal.value.hint


def test_what_is_not_stated_is_empty() -> None:
    assert SubjectKey("p01") == SubjectKey("p01", session="", series="", reader_id="")
