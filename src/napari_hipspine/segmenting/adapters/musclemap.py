"""MuscleMap: muscles of the whole body, by its own command in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from ...domain.errors import HipSpineError, PackageMissing, ToolFailed, WeightsMissing
from ...domain.subject import Progress
from .child_process import run_beside, tool_failed
from .tools import Device, ToolRun, ToolTask, ToolWish, Weights, task_of

COMMAND = "mm_segment"
ENVIRONMENT_VARIABLE = "NAPARI_HIPSPINE_MM_SEGMENT"
"""Names MuscleMap's command where it does not lie on the path."""

WHOLE_BODY = "wholebody"
_STABLE_SINCE = (1, 2)
"""From this version on the whole-body values mean what our naming says."""

_LEGACY = 0
"""Major version of the regional models whose values our namings know."""

_VERSION_SAID = re.compile(r"Model version:\s*v?([\w.]+)")
_ASK_WHERE = "import importlib.util as u; s = u.find_spec('scripts'); print(s.submodule_search_locations[0])"
_ASK_SECONDS = 20


class MuscleMap:
    """MuscleMap's ``mm_segment``.

    MuscleMap pins versions that cannot share an environment with this program, and is in no package index; so its
    command is run where it was installed.

    References
    ----------
    McKay MJ et al. MuscleMap: an open-source, community-supported consortium for whole-body quantitative MRI of muscle.
    2024. doi:10.3390/jimaging10110262
    """

    name = "musclemap"
    title = "MuscleMap"
    tasks = (
        ToolTask(WHOLE_BODY, "every muscle of back, hip and thigh; bones", "musclemap-wholebody"),
        ToolTask("abdomen", "multifidus, erector spinae, psoas, quadratus lumborum (model 0.0)", "musclemap-abdomen"),
        ToolTask("pelvis", "gluteal muscles, tensor fasciae latae (model 0.0)", "musclemap-pelvis"),
        ToolTask("thigh", "muscles of the thigh (model 0.0)", "musclemap-thigh"),
    )
    install = (
        "git clone --depth 1 https://github.com/MuscleMap/MuscleMap, then pip install -e MuscleMap in a Python 3.11 "
        f"environment of its own; let {ENVIRONMENT_VARIABLE} name its {COMMAND}"
    )
    licence = "Program: MIT. Weights: see their record at Zenodo."

    def why_absent(self) -> HipSpineError | None:
        """Why it is not installed, or None; answers at once."""
        if find_command() is not None:
            return None
        return PackageMissing(
            f"Expected {self.title}'s command {COMMAND}, found none on the path.",
            hint=f"Install it: {self.install}. {self.licence}",
        )

    def why_not(self, wish: ToolWish) -> HipSpineError | None:
        """Why it cannot run as wished, or None; its own Python is asked where its models lie."""
        task, command = task_of(self, wish.task), find_command()
        if command is None:
            return self.why_absent()
        folder = models_folder(command)
        if wish.weights is Weights.PRESENT and _newest(folder, task.id) is None:
            return WeightsMissing(
                f"Expected the weights of {self.title} {task.id}, found none, in {folder or 'its environment'}.",
                hint=f"Run {COMMAND} once on a machine with internet, or let the tool fetch them. {self.licence}",
            )
        return None

    def segment(self, image: Path, out: Path, wish: ToolWish, progress: Progress) -> ToolRun:
        """Write the label values of a NIfTI picture to another NIfTI file on the same voxels.

        Raises
        ------
        HipSpineError
            What `why_not` gives; if the program ends without a result; if it was cancelled.
        """
        refusal, command = self.why_not(wish), find_command()
        if refusal is not None or command is None:
            raise refusal or PackageMissing(f"Expected {self.title}'s command {COMMAND}, found none.")
        task = task_of(self, wish.task).id
        # The command takes commas for several pictures: names without a folder hold none.
        asked: list[str | Path] = [command, "-i", image.name, "-r", task, "-o", "."]
        asked += ["-g", "N" if wish.device is Device.CPU else "Y"]
        if wish.weights is Weights.PRESENT:
            asked += ["--model_version", str(_newest(models_folder(command), task))]
        said = run_beside(asked, title=self.title, folder=image.parent, environment=os.environ, progress=progress)
        written = image.with_name(f"{image.name.removesuffix('.gz').removesuffix('.nii')}_dseg.nii.gz")
        if not written.is_file():
            raise tool_failed(f"Expected {self.title} to write its labels, found no file {written.name}.", said)
        version = _said_version(said)
        _require_known_values(task, version)
        written.replace(out)
        return ToolRun(f"model {version}" if version else "")


def find_command() -> Path | None:
    """MuscleMap's command: the one that was named, else the one on the path."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    found = shutil.which(named or COMMAND)
    return Path(found) if found else None


def models_folder(command: Path) -> Path | None:
    """Where MuscleMap keeps its models, asked of the Python beside its command; None where that gives no answer."""
    beside = (command.parent / name for name in ("python", "python3", "python.exe", "../python.exe"))
    python = next((place for place in beside if place.exists()), None)
    if python is None:
        return None
    try:
        asked = subprocess.run(
            [python, "-c", _ASK_WHERE], capture_output=True, text=True, timeout=_ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(asked.stdout.strip()) / "models"


def _newest(folder: Path | None, task: str) -> str | None:
    """Newest version of a model on this machine whose values our naming knows."""
    found = {}
    for place in (folder / task).glob("v*") if folder else ():
        version = place.name.removeprefix("v")
        if any(place.glob("*.pth")) and any(place.glob("*.json")) and _is_known(task, version):
            found[_numbers(version)] = version
    return found[max(found)] if found else None


def _is_known(task: str, version: str) -> bool:
    numbers = _numbers(version)
    return numbers >= _STABLE_SINCE if task == WHOLE_BODY else numbers[:1] == (_LEGACY,)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _said_version(said: str) -> str:
    found = _VERSION_SAID.findall(said)
    return str(found[-1]).rstrip(".") if found else ""


def _require_known_values(task: str, version: str) -> None:
    """The same integers mean other muscles in other versions: a model that does not say its version is no use."""
    if not _is_known(task, version):
        known = "1.2 or later" if task == WHOLE_BODY else "0.0"
        raise ToolFailed(
            f"Expected the {task} model of MuscleMap in version {known}, found {version or 'none stated'}.",
            hint="Its label values may mean other muscles; import the file with an own naming instead.",
        )
