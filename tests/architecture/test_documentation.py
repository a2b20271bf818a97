"""Every page can be found, and every link between pages leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
FOLDERS = ("explanation", "how_to", "reference", "tutorials")


def _links(page: Path) -> list[str]:
    """Relative targets of a page's links and pictures."""
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def test_links_lead_somewhere(repository):
    pages = [*repository.glob("*.md"), *repository.glob("docs/**/*.md"), *repository.glob("sample_data/*.md")]
    dead = [
        f"{page.relative_to(repository)} -> {target}"
        for page in pages
        for target in _links(page)
        if not (page.parent / target).exists()
    ]
    assert dead == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_page_is_listed(repository, folder):
    """The index of each part of the documentation names all its pages."""
    index = repository / "docs" / folder / "index.md"
    pages = {page.name for page in index.parent.glob("*.md")} - {"index.md"}
    assert pages
    assert pages <= set(_links(index))


def test_links_are_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("[a](b.md) ![c](d/e.png) [f](g.md#h) [i](https://example.org) [j](#k)")
    assert _links(page) == ["b.md", "d/e.png", "g.md"]


def test_tests_that_are_named_exist(repository):
    """A page that says which test holds a sentence names one that runs."""
    named = [
        (page.name, *found.groups())
        for page in repository.glob("docs/**/*.md")
        for found in NAMED_TEST.finditer(page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 30
    gone = [
        (page, file, test)
        for page, file, test in named
        if not (repository / file).exists() or (test and f"def {test}(" not in (repository / file).read_text("utf-8"))
    ]
    assert gone == []
