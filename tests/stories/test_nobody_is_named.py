"""A DICOM series full of names, dates and numbers of a person goes in; none of them comes out anywhere."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

PERSON = {
    "PatientName": "Zzyxomely^Quirinia",
    "PatientID": "PID5550199",
    "PatientBirthDate": "19510203",
    "OtherPatientIDs": "OLD7710882",
    "PatientAddress": "Qwertzgasse 91",
    "AccessionNumber": "ACC4471190",
    "StudyDate": "20210417",
    "SeriesDate": "20210418",
    "AcquisitionDate": "20210419",
    "StudyInstanceUID": "1.2.826.0.1.5550123",
    "StudyID": "STD8812344",
    "InstitutionName": "Klinik Xylander",
    "ReferringPhysicianName": "Ypsilonius^Ottokar",
    "OperatorsName": "Vwxberg^Ida",
    "StudyDescription": "Lumbar of Zzyxomely",
}
SAID = sorted({part for words in PERSON.values() for part in words.split("^")} | {"Zzyxomely", "Xylander"})
SIGNAL = np.where(np.arange(24) < 12, 200, 900).astype(np.uint16) * np.ones((24, 1), np.uint16)


def make_slice(number: int) -> Dataset:
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID, one.Modality = MRImageStorage, generate_uid(), "MR"
    one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.3.4", "1.2.9"
    one.Rows, one.Columns = SIGNAL.shape
    one.BitsAllocated = one.BitsStored = 16
    one.HighBit, one.PixelRepresentation, one.SamplesPerPixel = 15, 0, 1
    one.PhotometricInterpretation, one.PixelSpacing = "MONOCHROME2", [1.0, 1.0]
    one.EchoTime, one.RepetitionTime = 90, 4000
    one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    one.ImagePositionPatient = [-12.0, -12.0, 4.0 * number]
    one.PixelData = SIGNAL.tobytes()
    for name, value in PERSON.items():
        setattr(one, name, value)
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return one


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A series with a person in every header, and labels of one muscle on it."""
    (tmp_path / "series").mkdir()
    for number in range(3):
        make_slice(number).save_as(tmp_path / "series" / f"{number}.dcm", enforce_file_format=True)
    labels = np.zeros((24, 24, 3), np.uint8)
    labels[6:18, 6:18] = 1
    nibabel.Nifti1Image(labels, np.array([[-1, 0, 0, 12], [0, -1, 0, 12], [0, 0, 4, 0], [0, 0, 0, 1.0]])).to_filename(
        tmp_path / "labels.nii.gz"
    )
    (tmp_path / "naming.csv").write_text("value,muscle,side\n1,multifidus,left\n")
    return tmp_path


def test_no_word_of_the_headers_comes_out(hipspine, given: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    series, out = str(given / "series"), tmp_path_factory.mktemp("out")
    labels = ("--labels", str(given / "labels.nii.gz"), "--naming", str(given / "naming.csv"), "--subject", "007")
    known = (
        "--contrast",
        "T2",
        "--fat-polarity",
        "bright",
        "--fat-method",
        "manual",
        "--threshold",
        "500",
        "--level",
        "L4=slice:1",
    )
    said = [
        hipspine("measure", "--image", series, *labels, *known, "--report", "--out", str(out / "measured")),
        hipspine("convert", series, "--out", str(out / "as.ome.zarr")),
        hipspine("describe", "--images", series, "--out", str(out / "described")),
        hipspine("info", series),
    ]
    assert [one.exit_code for one in said] == [0] * len(said), [one.err for one in said]
    measured = pd.read_csv(out / "measured" / "measurements.csv")
    assert measured.loc[measured["side"] == "left", "csa_mm2"].tolist() == [144]
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {".csv", ".json", ".html"} <= {path.suffix for path in files}
    written = {str(path.relative_to(out)): path.read_bytes() + path.name.encode() for path in files}
    written["what the commands said"] = "".join(one.out + one.err for one in said).encode()
    assert [(name, word) for name, text in written.items() for word in SAID if word.encode() in text] == []
