"""The vocabulary as CSV, JSON and a page."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from napari_hipspine.domain.anatomy import Vocabulary, vocabulary
from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.writing import vocabulary as writer
from napari_hipspine.writing.vocabulary import (
    VocabularyFormat,
    vocabulary_as_csv,
    vocabulary_as_html,
    vocabulary_as_json,
    write_vocabulary,
)

WRITERS = {
    VocabularyFormat.CSV: vocabulary_as_csv,
    VocabularyFormat.JSON: vocabulary_as_json,
    VocabularyFormat.HTML: vocabulary_as_html,
}


class Page(HTMLParser):
    """Sections, rows, links and texts of a page; a tag left open or closed twice is noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.unbalanced, self.ids, self.links, self.rows, self.tags = [], [], [], [], {}, set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if "id" in given:
            self.ids.append(given["id"])
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag == "tr":
            self.row = self.rows.setdefault(given.get("id", f"head-{len(self.rows)}"), [])
        if tag in ("td", "th"):
            self.row.append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.row[-1] += data


def test_csv_reads_back_to_equal_terms_and_is_the_table_shipped() -> None:
    text = vocabulary_as_csv()
    read = Vocabulary(csv.DictReader(io.StringIO(text)))
    assert list(read) == list(vocabulary())
    shipped = files("napari_hipspine.domain").joinpath("anatomy.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(shipped))) == list(csv.reader(io.StringIO(text)))


def test_json_holds_every_term_with_its_codes_and_their_sources() -> None:
    told = json.loads(vocabulary_as_json())
    assert told["research_only"] == RESEARCH_ONLY
    assert told["version"]
    assert [(t["kind"], t["id"], t["label"]) for t in told["terms"]] == [(t.kind, t.id, t.label) for t in vocabulary()]
    for given, term in zip(told["terms"], vocabulary(), strict=True):
        codes = given.get("codes", {})
        assert {name: one["code"] for name, one in codes.items()} == dict(term.codes)
        assert {name: one["source"] for name, one in codes.items()} == dict(term.sources)
        assert given.get("is_core", False) == term.is_core
        assert given.get("definition", "") == term.definition
        assert "|".join(given.get("synonyms", [])) == term.entry["synonyms"]


def test_page_has_a_section_per_kind_and_a_row_per_term() -> None:
    page = Page(vocabulary_as_html())
    kinds = list(dict.fromkeys(term.kind for term in vocabulary()))
    assert [id for id in page.ids if id in kinds] == kinds
    in_sections = [f"{kind}-{term.id}" for kind in kinds for term in vocabulary().of_kind(kind)]
    assert [id for id in page.rows if not id.startswith("head-")] == in_sections
    psoas = vocabulary().find("muscle", "psoas_major")
    row = " ".join(page.rows["muscle-psoas_major"])
    assert all(code in row for code in psoas.codes.values())
    assert any(cell.startswith("mm2 [") for cell in page.rows["measure-csa"])


def test_page_is_whole_needs_nothing_else_and_carries_the_fixed_line() -> None:
    text = vocabulary_as_html()
    page = Page(text)
    assert page.open == page.unbalanced == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe"})
    assert RESEARCH_ONLY in text
    assert "Version " in text
    assert len(set(page.ids)) == len(page.ids)
    assert page.links
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()


def test_page_escapes_what_terms_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [dict(term.entry) for term in vocabulary()]
    rows[0] |= {"label": '<b>x</b> & "y"', "fma_source": "<i>book</i>"}
    monkeypatch.setattr(writer, "vocabulary", lambda: Vocabulary(rows))
    text = vocabulary_as_html()
    page = Page(text)
    assert page.tags.isdisjoint({"b", "i"})
    assert page.rows["muscle-multifidus"][1] == '<b>x</b> & "y"'
    assert "&lt;i&gt;book&lt;/i&gt;" in text


@pytest.mark.parametrize("form", VocabularyFormat)
def test_writing_is_the_same_text_to_a_file_a_stream_and_again(form: VocabularyFormat, tmp_path: Path) -> None:
    path, stream = tmp_path / "new" / f"vocabulary.{form}", io.StringIO()
    write_vocabulary(path, form.value)
    write_vocabulary(stream, form)
    assert path.read_bytes().decode("utf-8") == stream.getvalue() == WRITERS[form]()
    assert stream.getvalue().endswith("\n")
    assert "\r" not in stream.getvalue()
    write_vocabulary(str(path), form)
    assert path.read_text(encoding="utf-8") == stream.getvalue()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_other_formats_and_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidChoice, match="one of csv, json, html as format, found 'xml'"):
        write_vocabulary(tmp_path / "v.xml", "xml")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(HipSpineError, match="Expected a folder that can be written"):
        write_vocabulary(tmp_path / "file" / "v.csv", "csv")
