"""TotalSegmentator: muscles, bones and vertebrae of a whole picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from ...domain.errors import HipSpineError, PackageMissing, WeightsMissing
from ...domain.subject import Progress
from .child_process import run_beside, tool_failed
from .tools import Device, ToolRun, ToolTask, ToolWish, Weights, task_of

PACKAGE = "totalsegmentator"
DISTRIBUTION = "TotalSegmentator"
CHILD = f"{__package__}.totalsegmentator_child"

QUICK = "_fast"
"""Ending of the tasks whose model works on voxels of 3 mm."""

_MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"total_mr": ("850", "851"), f"total_mr{QUICK}": ("852",), "vertebrae_mr": ("756",)}
)
"""Numbers of the models of each task; the folder of model 850 is called ``Dataset850_...``."""

_DOWNLOAD_WORDS: Mapping[str, str] = MappingProxyType({f"total_mr{QUICK}": "total_fast_mr"})
"""Words of its own download command where they differ from the task."""


class TotalSegmentator:
    """TotalSegmentator, through its Python interface, in a process of its own.

    Of its tasks those are offered whose weights are open and whose labels are of use here.

    References
    ----------
    Wasserthal J et al. TotalSegmentator: robust segmentation of 104 anatomic structures in CT images. 2023.
    doi:10.1148/ryai.230024
    """

    name = "totalsegmentator"
    title = "TotalSegmentator"
    tasks = (
        ToolTask("total_mr", "gluteal muscles, back muscles as one, iliopsoas; bones", "totalsegmentator-total-mr"),
        ToolTask(f"total_mr{QUICK}", "the same on voxels of 3 mm, for a first look", "totalsegmentator-total-mr"),
        ToolTask("vertebrae_mr", "every vertebra, for proposals of levels", "totalsegmentator-vertebrae-mr"),
    )
    install = "pip install 'napari-hipspine[totalsegmentator]'"
    licence = "Program and the weights of these tasks: Apache-2.0."

    def why_absent(self) -> HipSpineError | None:
        """Why it is not installed, or None; answers at once."""
        if find_spec(PACKAGE) is not None:
            return None
        return PackageMissing(
            f"Expected the package {PACKAGE} for {self.title}, found none installed.",
            hint=f"Install it with: {self.install}. {self.licence}",
        )

    def why_not(self, wish: ToolWish) -> HipSpineError | None:
        """Why it cannot run as wished, or None; it is not imported to find out."""
        task = task_of(self, wish.task)
        absent = self.why_absent()
        if absent is not None:
            return absent
        missing, word = missing_weights(task.id), _DOWNLOAD_WORDS.get(task.id, task.id)
        if missing and wish.weights is Weights.PRESENT:
            return WeightsMissing(
                f"Expected the weights of {self.title} {task.id} (model {', '.join(missing)}), found none, "
                f"in {weights_folder()}.",
                hint=f"Fetch them once with: totalseg_download_weights -t {word}; or let the tool fetch them; "
                f"or copy that folder from another machine. {self.licence}",
            )
        return None

    def segment(self, image: Path, out: Path, wish: ToolWish, progress: Progress) -> ToolRun:
        """Write the label values of a NIfTI picture to another NIfTI file on the same voxels.

        Raises
        ------
        HipSpineError
            What `why_not` gives; if the program ends without a result; if it was cancelled.
        """
        refusal = self.why_not(wish)
        if refusal is not None:
            raise refusal
        task = task_of(self, wish.task).id
        command: list[str | Path] = [sys.executable, "-m", CHILD, image, out, "--task", task.removesuffix(QUICK)]
        command += ["--fast"] if task.endswith(QUICK) else []
        command += ["--device", "cpu" if wish.device is Device.CPU else "gpu"]
        command += ["--offline"] if wish.weights is Weights.PRESENT else []
        said = run_beside(
            command, title=self.title, folder=out.parent, environment=_own_environment(), progress=progress
        )
        if not out.is_file():
            raise tool_failed(f"Expected {self.title} to write its labels, found no file {out.name}.", said)
        return ToolRun(_version())


def weights_folder() -> Path:
    """Where TotalSegmentator keeps its models: the folder its own environment variables name, else its usual one."""
    if named := os.environ.get("TOTALSEG_WEIGHTS_PATH"):
        return Path(named)
    home = os.environ.get("TOTALSEG_HOME_DIR")
    return (Path(home) if home else Path.home() / ".totalsegmentator") / "nnunet" / "results"


def missing_weights(task: str) -> tuple[str, ...]:
    """Models of a task that do not lie on this machine."""
    folder = weights_folder()
    return tuple(number for number in _MODELS[task] if not any(folder.glob(f"Dataset{number}_*")))


def _own_environment() -> dict[str, str]:
    """Environment in which the other process finds the very packages that this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUNBUFFERED": "1"}


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""
