"""What the stories share: the command line run in this process, and the lumbar Dixon subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from napari_hipspine.cli import main


@dataclass(frozen=True)
class Said:
    """Exit code and what stood on the terminal."""

    exit_code: int
    out: str
    err: str


@pytest.fixture
def hipspine(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run the command with arguments and return what it said."""

    def run(*arguments: object) -> Said:
        try:
            exit_code = main([str(argument) for argument in arguments])
        except SystemExit as ending:
            exit_code = int(ending.code or 0)
        said = capsys.readouterr()
        return Said(exit_code, said.out, said.err)

    return run


@pytest.fixture
def lumbar_dixon(shared_data: Path, tmp_path: Path) -> list[object]:
    """Arguments that measure the lumbar Dixon subject, whose water and fat headers disagree."""
    naming = tmp_path / "tum01.csv"
    naming.write_text(
        "value,muscle,side\n1,erector_spinae,right\n2,multifidus,right\n3,multifidus,left\n4,erector_spinae,left\n"
    )
    folder = shared_data / "lumbar-dixon-tum01"
    return [
        *("--water", folder / "TUM01_water_img_img_L2-L5.nii.gz"),
        *("--fat", folder / "TUM01_fat_img_img_L2-L5.nii.gz"),
        *("--labels", folder / "TUM01_water_manual_label_segmentation_L2-L5.nii.gz"),
        *("--naming", naming),
    ]
