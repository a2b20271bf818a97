"""Small packages that behave as the real segmenting programs do: same names, same arguments, same habits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

TOTALSEGMENTATOR = {
    "totalsegmentator/__init__.py": "",
    "totalsegmentator/libs.py": """
import os
from pathlib import Path


def download_url_and_unpack(url, config_dir):
    (config_dir / url).mkdir(parents=True)


def download_pretrained_weights(task_id):
    folder = Path(os.environ["TOTALSEG_HOME_DIR"]) / "nnunet" / "results"
    if not any(folder.glob(f"Dataset{task_id}_*")):
        print("Downloading model for Task", task_id)
        download_url_and_unpack(f"Dataset{task_id}_fetched", folder)
""",
    "totalsegmentator/python_api.py": """
import os
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np

from totalsegmentator.libs import download_pretrained_weights

TASKS = {("total_mr", False): [850, 851], ("total_mr", True): [852], ("vertebrae_mr", False): [756]}


def totalsegmentator(input, output=None, ml=False, nr_thr_resamp=1, nr_thr_saving=6, fast=False, nora_tag="None",
                     preview=False, task="total", roi_subset=None, statistics=False, radiomics=False, crop_path=None,
                     body_seg=False, force_split=False, output_type="nifti", quiet=False, verbose=False, test=0,
                     skip_saving=False, device="gpu", license_number=None):
    if device not in ("gpu", "cpu", "mps"):
        raise ValueError(f"Invalid device type: {device!r}.")
    for task_id in TASKS[task, fast]:
        download_pretrained_weights(task_id)
    for percent in (10, 55, 100):
        sys.stderr.write(f"\\r{percent:3d}%|#####     | {percent}/100")
        sys.stderr.flush()
        time.sleep(0.15)
    mode = os.environ.get("FAKE_MODE", "")
    if mode == "fails":
        raise RuntimeError("CUDA out of memory")
    if mode == "hangs":
        Path(os.environ["FAKE_STARTED"]).write_text(str(os.getpid()))
        time.sleep(60)
    stored = nib.load(input)
    signal = np.asarray(stored.dataobj)
    labels = np.zeros(signal.shape, np.uint8)
    if mode not in ("finds nothing", "bright"):
        labels[signal == 400], labels[signal == 500] = 40, 41
    if mode == "bright":
        labels[signal > np.percentile(signal, 90)] = 40
    if mode == "other grid":
        labels = labels[::2]
    if ml and mode != "writes nothing":
        nib.save(nib.Nifti1Image(labels, stored.affine, None), output)
""",
}

MUSCLEMAP = """#!{python}
import argparse
import logging
import os
import sys

import nibabel as nib
import numpy as np

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - %(message)s")
parser = argparse.ArgumentParser()
parser.add_argument("-i", "--input_image", required=True)
parser.add_argument("-r", "--region", default="wholebody")
parser.add_argument("-o", "--output_dir")
parser.add_argument("--model_version", default="latest")
parser.add_argument("-g", "--use_GPU", default="Y", choices=["Y", "N"])
arguments = parser.parse_args()
mode = os.environ.get("FAKE_MODE", "")
version = "0.0" if arguments.region != "wholebody" else arguments.model_version.replace("latest", "1.4")
version = "3.1" if mode == "other model" else version
logging.info(f"Task: Segmentation  |  Region: {{arguments.region.capitalize()}}  |  Model version: {{version}}")
for image_path in arguments.input_image.split(","):
    try:
        if mode == "fails":
            raise RuntimeError("Auto chunking could not find a safe chunk size.")
        picture = nib.load(image_path)
        signal = np.asarray(picture.dataobj)
        labels = np.zeros(signal.shape, np.int16)
        left, right = (6121, 6122) if arguments.region == "wholebody" else (2, 1)
        labels[signal == 400], labels[signal == 500] = left, right
        name = os.path.basename(image_path).removesuffix(".gz").removesuffix(".nii")
        out = os.path.join(arguments.output_dir, name + "_dseg.nii.gz")
        nib.save(nib.Nifti1Image(labels, picture.affine, picture.header), out)
    except Exception as error:
        logging.exception(f"Error processing {{image_path}}: {{error}}")
        continue
logging.info("Inference completed. All outputs saved.")
"""

NNINTERACTIVE = {
    "torch.py": """
class device:
    def __init__(self, name):
        self.type = name.partition(":")[0]


class cuda:
    @staticmethod
    def is_available():
        return False
""",
    "nnInteractive/model_management.py": """
import os
from pathlib import Path


def get_default_model_id(model_root=None, manifest=None):
    return "nnInteractive_v1.0"


def ensure_model_available(model_id, model_root=None):
    folder = Path(os.environ["NNINTERACTIVE_MODEL_DIR"]) / "models" / model_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.json").write_text("{}")
    return folder
""",
    "nnInteractive/inference/inference_session.py": """
import os

import numpy as np


class nnInteractiveInferenceSession:
    def __init__(self, device, use_torch_compile=False, verbose=False, torch_n_threads=8, do_autozoom=True,
                 interactions_storage="auto"):
        self.device, self.license, self.log, self.fails = device, None, [], False

    def initialize_from_trained_model_folder(self, model_training_output_dir, use_fold=None,
                                             checkpoint_name="checkpoint_final.pth"):
        if not os.path.isdir(model_training_output_dir):
            raise RuntimeError("no model")
        self.license = "CC BY-NC-SA 4.0"

    def set_image(self, image, image_properties=None):
        assert image.ndim == 4, f"expected a 4d image as input, got {image.ndim}d."
        if not image.any():
            raise ValueError("Input image is entirely zero; cannot determine normalization statistics.")
        self.image, self.wanted, self.unwanted = image[0], set(), set()

    def set_target_buffer(self, target_buffer):
        assert target_buffer.shape == self.image.shape
        self.target_buffer = target_buffer

    def reset_interactions(self):
        self.log.append("reset")
        self.wanted, self.unwanted = set(), set()
        self.target_buffer[...] = 0

    def add_scribble_interaction(self, scribble_image, include_interaction, run_prediction=True,
                                 override_capability_checks=False, interaction_bbox=None):
        assert list(scribble_image.shape) == [high - low for low, high in interaction_bbox]
        assert set(np.unique(scribble_image)) <= {0, 1}
        self.log.append((bool(include_interaction), interaction_bbox, int(scribble_image.sum())))
        if self.fails:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB.")
        under = self.image[tuple(slice(low, high) for low, high in interaction_bbox)][scribble_image > 0]
        (self.wanted if include_interaction else self.unwanted).update(np.unique(under).tolist())
        self.target_buffer[...] = np.isin(self.image, list(self.wanted - self.unwanted))
""",
    "httpx.py": """
class HTTPError(Exception):
    pass


class ConnectError(HTTPError):
    pass
""",
    "nnInteractive/inference/remote/__init__.py": """
import httpx

from nnInteractive.inference.inference_session import nnInteractiveInferenceSession


class ServerAtCapacityError(RuntimeError):
    pass


class nnInteractiveRemoteInferenceSession(nnInteractiveInferenceSession):
    def __init__(self, server_url, api_key=None, connect_timeout=10.0):
        if "down" in server_url:
            raise httpx.ConnectError("[Errno 111] Connection refused")
        if "full" in server_url:
            raise ServerAtCapacityError("server is at capacity")
        super().__init__(None)
        self.license, self.is_closed = "CC BY-NC-SA 4.0", False

    def close(self):
        self.is_closed = True
""",
}


def write_package(folder: Path, files: dict[str, str]) -> Path:
    """Files of a package below a folder that belongs on the path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def install_totalsegmentator(folder: Path, monkeypatch, *, models: tuple[str, ...]) -> None:
    """Put the package on the path, with the weights of some models beside it."""
    monkeypatch.syspath_prepend(str(write_package(folder / "site", TOTALSEGMENTATOR)))
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(folder / "home"))
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    for model in models:
        (folder / "home" / "nnunet" / "results" / f"Dataset{model}_fake").mkdir(parents=True)


def install_musclemap(folder: Path, monkeypatch, *, models: tuple[str, ...]) -> Path:
    """Put the command on the path, in its own environment with the weights of some models, e.g. wholebody/v1.4."""
    programs = folder / "env" / "bin"
    programs.mkdir(parents=True)
    command = programs / "mm_segment"
    command.write_text(MUSCLEMAP.format(python=sys.executable), encoding="utf-8")
    command.chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    package = folder / "repository"
    write_package(package, {"scripts/__init__.py": ""})
    for model in models:
        write_package(
            package / "scripts" / "models" / model, {"contrast_agnostic.pth": "", "contrast_agnostic.json": ""}
        )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    return command


def install_nninteractive(folder: Path, monkeypatch, *, has_model: bool = True, without: str = "") -> None:
    """Put the package on the path, with a model or without, and without some part of it."""
    files = {name: text for name, text in NNINTERACTIVE.items() if not without or without not in name}
    monkeypatch.syspath_prepend(str(write_package(folder / "site", files)))
    monkeypatch.setenv("NNINTERACTIVE_MODEL_DIR", str(folder / "models_root"))
    if has_model:
        write_package(folder / "models_root" / "models" / "nnInteractive_v1.0", {"plans.json": "{}"})


def forget_fakes() -> None:
    """Take what was imported of the fakes out of this process again."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("nnInteractive", "torch", "httpx", "totalsegmentator"):
            del sys.modules[name]
