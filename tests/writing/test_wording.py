"""Words that are never said stand in no text of the package, so that no output can hold them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import napari_hipspine
from napari_hipspine.writing.wording import FORBIDDEN_WORDS, find_forbidden_words

PACKAGE = Path(napari_hipspine.__file__).parent
NAMES_OF_GRADES = "goutallier"
"""A grade that readers give may be named as such: in the vocabulary, and as the name of a column of theirs."""


def texts_of(source: str) -> Iterator[str]:
    """Every text of a module that is no docstring."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body)
    docstrings = {id(first.value) for first in bodies if isinstance(first, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_text_of_a_module_holds_a_forbidden_word() -> None:
    modules = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "wording.py"]
    assert len(modules) > 100
    found = {
        f"{path.relative_to(PACKAGE)}: {text}": find_forbidden_words(text)
        for path in modules
        for text in texts_of(path.read_text(encoding="utf-8"))
        if text != NAMES_OF_GRADES
    }
    assert {text: words for text, words in found.items() if words} == {}


def test_no_shipped_table_or_manifest_holds_a_forbidden_word() -> None:
    shipped = [*PACKAGE.rglob("*.csv"), *PACKAGE.rglob("*.yaml")]
    assert len(shipped) > 5
    lines = [line for path in shipped for line in path.read_text(encoding="utf-8").splitlines()]
    found = {line: find_forbidden_words(line) for line in lines}
    kept = {line for line, words in found.items() if words}
    assert all(line.startswith(f"measure,{NAMES_OF_GRADES},") for line in kept)


def test_texts_are_seen_and_docstrings_are_not() -> None:
    source = '"""It causes."""\nx = f"a {1} risk"\ndef f():\n    "It causes."\n    return ["protects"]\n'
    assert [word for text in texts_of(source) for word in find_forbidden_words(text)] == ["risk", "protects"]
    assert find_forbidden_words("The effect of fat is COMPENSATORY, no riskier") == ["effect of", "compensatory"]
    assert len(set(FORBIDDEN_WORDS)) == len(FORBIDDEN_WORDS)
