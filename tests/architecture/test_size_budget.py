"""Small pieces: most functions fit a screen, most files fit a sitting."""

from __future__ import annotations

import ast
import io
import tokenize

import pytest

SHARE_OF_SMALL = 0.95
FUNCTION_USUAL, FUNCTION_MOST = 40, 60
FILE_USUAL, FILE_MOST = 250, 400

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def _code_lines(text: str, tree: ast.AST) -> set[int]:
    """Numbers of the lines that carry code: no blank lines, no comments, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def _function_sizes(text: str, tree: ast.AST) -> dict[str, int]:
    """Code lines of every function, signature included."""
    lines = _code_lines(text, tree)
    return {
        f"{node.name} (line {node.lineno})": len(lines & set(range(node.lineno, node.end_lineno + 1)))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _assert_within(sizes: dict[str, int], usual: int, most: int) -> None:
    too_large = {name: size for name, size in sizes.items() if size > most}
    assert too_large == {}
    large = {name: size for name, size in sizes.items() if size > usual}
    assert len(large) <= (1 - SHARE_OF_SMALL) * len(sizes), large


def test_functions_are_short(sources):
    sizes = {
        f"{source.name}: {name}": size
        for source in sources
        for name, size in _function_sizes(source.text, source.tree).items()
    }
    _assert_within(sizes, FUNCTION_USUAL, FUNCTION_MOST)


def test_files_are_short(sources):
    sizes = {source.name: len(source.text.splitlines()) for source in sources}
    _assert_within(sizes, FILE_USUAL, FILE_MOST)


def test_counting_leaves_out_what_is_no_code():
    text = "\n".join(
        [
            "def measure(",
            "    area,",
            "):",
            '    """Say what.',
            "",
            '    More."""',
            "    # why",
            "",
            "    return '''two",
            "lines'''",
        ]
    )
    assert _function_sizes(text, ast.parse(text)) == {"measure (line 1)": 5}


@pytest.mark.parametrize("sizes", [{"a": 61}, {"a": 41, "b": 1}])
def test_budget_can_be_broken(sizes):
    with pytest.raises(AssertionError):
        _assert_within(sizes, FUNCTION_USUAL, FUNCTION_MOST)
