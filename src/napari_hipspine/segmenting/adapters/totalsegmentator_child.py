"""The program that runs in TotalSegmentator's process: the one place where its package is imported."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

_DOWNLOADS = ("download_url_and_unpack", "download_model_with_license_and_unpack")


def main() -> None:
    """Outline one picture with one task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--task", required=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--device", required=True)
    parser.add_argument("--offline", action="store_true")
    arguments = parser.parse_args()
    if arguments.offline:
        forbid_downloads()
    from totalsegmentator.python_api import totalsegmentator

    totalsegmentator(
        arguments.image,
        arguments.out,
        ml=True,
        task=arguments.task,
        fast=arguments.fast,
        device=arguments.device,
    )


def forbid_downloads() -> None:
    """Let the package refuse what it would fetch from elsewhere."""
    from totalsegmentator import libs

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("Weights are missing, and nothing may be fetched.")

    for name in _DOWNLOADS:
        if hasattr(libs, name):
            setattr(libs, name, refuse)


if __name__ == "__main__":
    main()
