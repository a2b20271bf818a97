"""A log tells what was done and what went wrong, and names nobody."""

from __future__ import annotations

import logging

import pytest

from napari_hipspine.viewer.log_file import LOGGER, NAME, begin_log, end_log, report, scrubbed


@pytest.fixture(autouse=True)
def _no_log_left():
    yield
    end_log()


@pytest.mark.parametrize(
    "text",
    [
        "Expected an image, found a text file, in /data/Müller, Hans/scan 1.nii.",
        "Expected a file, found none, at C:\\Patients\\Müller Hans\\scan.nii.gz",
        "in \\\\server\\Müller\\Hans.dcm",
        "in ~/Hans/Müller",
        "left out: Müller_Hans.nii.gz is no image",
        "opened '/data/Hans/Müller' twice",
        "two places: /a/Hans and /b/Müller",
    ],
)
def test_paths_and_file_names_are_digests(text):
    found = scrubbed(text)
    assert "Hans" not in found
    assert "Müller" not in found
    assert "<" in found


def test_uids_lead_back_to_nobody_and_versions_stay():
    assert "14519" not in scrubbed("0: scan, series 1.3.6.1.4.1.14519.5.2.1.7311")
    assert scrubbed("napari 0.9.2 on 3.11.7") == "napari 0.9.2 on 3.11.7"


def test_equal_paths_stay_equal_and_the_ending_stays():
    once, again = scrubbed("in /data/Hans/scan.nii.gz."), scrubbed("at /data/Hans/scan.nii.gz")
    digest = once.removeprefix("in ").split("<")[1]
    assert digest.rstrip(".>").endswith(".nii.gz")
    assert digest.split(">")[0] in again


@pytest.mark.parametrize("text", ["fat in 3/8 muscles, 1.5 mm/px", "ratio 2 / 3", "see a and/or b", "L4/L5"])
def test_what_is_no_path_stays(text):
    assert scrubbed(text) == text


def test_source_files_are_told_by_their_place_in_the_package():
    line = '  File "/opt/env/lib/python3.11/site-packages/napari_hipspine/viewer/session.py", line 7, in add'
    assert scrubbed(line) == '  File "napari_hipspine/viewer/session.py", line 7, in add'


def test_private_words_are_not_written_and_the_log_is_one_file(tmp_path):
    log = begin_log()
    assert begin_log() is log
    log.hide(["sub-007", "Pilot", "ab"])
    logging.getLogger(f"{LOGGER}.viewer").info("opening sub-007 of Pilot, ab, in /data/Hans/x.nii")
    logging.getLogger("another").warning("sub-007")
    text = (tmp_path / "logs" / NAME).read_text(encoding="utf-8")
    assert "opening <name> of <name>, ab, in <" in text
    assert len(text.splitlines()) == 1
    assert text.splitlines()[0] in report()
    assert "napari " in report()
    assert "Not a medical device" in report()


def test_a_folder_that_takes_no_log_hinders_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NAPARI_HIPSPINE_LOGS", str(tmp_path / "file" / "logs"))
    assert begin_log() is None
    assert report()


def test_the_log_is_turned_over_before_it_is_large(tmp_path):
    begin_log()
    for _ in range(60):
        logging.getLogger(LOGGER).warning("much to say " * 2_000)
    sizes = [path.stat().st_size for path in (tmp_path / "logs").iterdir()]
    assert len(sizes) == 3
    assert max(sizes) <= 2**19
