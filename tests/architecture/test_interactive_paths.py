"""What answers while a reader waits calls no threaded linear algebra, which beside other work can stall for seconds."""

from __future__ import annotations

import ast

import pytest

INTERACTIVE = {
    "segmenting": {"between_keys", "border_looks", "dents", "distances", "fill_between", "fill_endings", "fill_guided"}
    | {"fill_plan", "fill_shapes", "flat_image", "flow_store", "flows", "mirror", "outline", "propagate", "scribbles"}
    | {"threshold_in_outline", "tidy", "trust", "working_grid"},
    "measuring": {"block_walk", "called_fat", "kernel_loops", "kernels", "signal_peaks", "slice_sums", "totals"}
    | {"value_ranges", "fat_region", "surroundings", "sampled_slices", "threshold_finding", "slice_rows", "levels"},
    "keeping": {"label_store", "label_store_editing", "label_store_chunks", "journal"},
}
"""Modules behind a stroke, a click, a moved threshold or level, and the measurement after an edit."""

ALLOWED = {"norm", "solve"}
"""Lengths of vectors, and equations of a few dozen unknowns, are too small for BLAS to start threads."""

PRODUCTS = {"dot", "matmul", "tensordot", "inner", "vdot"}
"""`einsum` is not among them: unless told to optimize, it sums in loops of its own."""


def _products(tree: ast.AST) -> list[str]:
    """Matrix products and solvers that numpy and scipy hand to BLAS or LAPACK."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            is_solver = ".linalg." in name and node.attr not in ALLOWED
            if is_solver or (node.attr in PRODUCTS and name.startswith("np.")):
                found.append(f"line {node.lineno}: {name}")
        elif isinstance(node, ast.keyword) and node.arg == "optimize":
            found.append("einsum told to optimize")
        elif isinstance(node, ast.ImportFrom) and node.module and ("linalg" in node.module or "sklearn" in node.module):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.alias) and node.name == "random_walker":
            found.append("random_walker, which solves with threaded BLAS")
    return found


@pytest.mark.parametrize("room", INTERACTIVE)
def test_no_threaded_linear_algebra_while_a_reader_waits(sources, room):
    by_name = {source.name: source for source in sources}
    files = [f"{room}/{module}.py" for module in sorted(INTERACTIVE[room])]
    assert [name for name in files if name not in by_name] == []
    found = {name: _products(by_name[name].tree) for name in files}
    assert {name: products for name, products in found.items() if products} == {}


def test_products_would_be_noticed():
    program = "import numpy as np\na = b @ c\nnp.linalg.eigh(a)\nnp.einsum('i', a, optimize=True)\nnp.linalg.norm(a)"
    assert len(_products(ast.parse(program))) == 3
