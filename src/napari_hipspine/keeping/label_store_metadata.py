"""What labels in a store are: grid, structures and origin, kept as a small text file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.anatomy import Structure, find_structure
from ..domain.blocks import VoxelArray
from ..domain.errors import HipSpineError
from ..domain.grid import Grid
from ..domain.label_map import LabelMap, Origin
from .label_store_errors import LabelStoreDamaged

_FORMAT = "napari-hipspine labels"
_VERSION = 1


@dataclass(frozen=True, eq=False)
class StoreMetadata:
    """Everything about labels but the labels.

    Parameters
    ----------
    grid : Grid
        Where they lie.
    structures : mapping of int to Structure
        What each label value stands for.
    origin : Origin
        How they were made to begin with.
    tool, path : str
        Tool of imported labels, and the file they were copied from.
    flags, notes : tuple of str
        As in `LabelMap`.
    """

    grid: Grid
    structures: Mapping[int, Structure]
    origin: Origin = Origin.DRAWN
    tool: str = ""
    path: str = ""
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def label_map(self, labels: VoxelArray) -> LabelMap:
        """Labels with their meaning."""
        return LabelMap(
            labels,
            self.grid,
            self.structures,
            origin=self.origin,
            tool=self.tool,
            path=self.path,
            flags=self.flags,
            notes=self.notes,
        )

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        said = {
            "format": _FORMAT,
            "version": _VERSION,
            "shape": self.grid.shape,
            "affine_lps": self.grid.affine.tolist(),
            "frame_of_reference_uid": self.grid.frame_of_reference_uid,
            "structures": {str(value): [s.muscle.id, s.side.value] for value, s in self.structures.items()},
            "origin": self.origin,
            "tool": self.tool,
            "path": self.path,
            "flags": self.flags,
            "notes": self.notes,
        }
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(said, indent=1), encoding="utf-8")
        os.replace(unfinished, path)  # noqa: PTH105 - replaces on every system


def metadata_of(label_map: LabelMap) -> StoreMetadata:
    """Everything about a label map but its labels."""
    return StoreMetadata(
        label_map.grid,
        label_map.structures,
        label_map.origin,
        label_map.tool,
        label_map.path,
        label_map.flags,
        label_map.notes,
    )


def load_metadata(path: Path) -> StoreMetadata:
    """Metadata as written.

    Raises
    ------
    LabelStoreDamaged
        If there is no such file, it was written by a newer version, or it makes no sense.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if said.get("format") != _FORMAT:
            raise _damaged(path, "another file of that name")
        if said["version"] != _VERSION:
            raise _damaged(path, f"version {said['version']}, and this program knows version {_VERSION}")
        n_slices, n_rows, n_columns = said["shape"]
        grid = Grid((n_slices, n_rows, n_columns), np.array(said["affine_lps"]), said["frame_of_reference_uid"])
        return StoreMetadata(
            grid,
            {int(value): find_structure(muscle, side) for value, (muscle, side) in said["structures"].items()},
            Origin(said["origin"]),
            said["tool"],
            said["path"],
            tuple(said["flags"]),
            tuple(said["notes"]),
        )
    except LabelStoreDamaged:
        raise
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, HipSpineError) as error:
        raise _damaged(path, f"one that makes no sense ({error})") from error


def _damaged(path: Path, found: str) -> LabelStoreDamaged:
    return LabelStoreDamaged(
        f"Expected a folder of painted labels with a {path.name}, found {found}, in {path.parent}.",
        hint="Name the folder that was made when painting began.",
    )
