# Copyright 2026 The vlm_robot authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Samples: an image, and where the arm was when it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.optics import Optics, optics_from_yaml, optics_to_yaml
from vlm_robot.core.geometry import from_quaternion, is_rigid, quat_xyzw_of

POSES, CAMERA = 'poses.yaml', 'camera.yaml'


@dataclass(frozen=True)
class Sample:
    """One look at the board."""

    name: str
    image: NDArray[np.uint8]  # (h, w, 3) RGB, or (h, w)
    T_base_tool: NDArray[np.float64]


@dataclass(frozen=True)
class SampleFolder:
    """What is kept of a calibration, so that it can be repeated."""

    samples: tuple[Sample, ...]
    optics: Optics
    camera_frame: str  # the optical frame of the images
    tool_frame: str = ''  # whose poses these are


def save(folder: Path, content: SampleFolder) -> None:
    """Write images, `poses.yaml` and `camera.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in content.samples:
        bgr = sample.image[..., ::-1] if sample.image.ndim == 3 else sample.image
        cv2.imwrite(str(folder / sample.name), bgr)
    poses = [
        {
            'image': sample.name,
            'position': [float(x) for x in sample.T_base_tool[:3, 3]],
            'quat_xyzw': list(quat_xyzw_of(sample.T_base_tool)),
        }
        for sample in content.samples
    ]
    frames = {'camera_frame': content.camera_frame, 'tool_frame': content.tool_frame}
    document = {**frames, 'T_base_tool': poses}
    _write(folder / POSES, document)
    _write(folder / CAMERA, optics_to_yaml(content.optics, content.camera_frame))


def load(folder: Path) -> SampleFolder:
    """
    Read what `save` wrote, or somebody wrote like it.

    :raises CalibrationRefused: BAD_SAMPLES, or NO_CAMERA_INFO.
    """
    document = _read(folder / POSES, Fault.BAD_SAMPLES)
    entries = document.get('T_base_tool') if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise _bad(f'{str(folder / POSES)!r} has no list of poses T_base_tool')
    optics = optics_from_yaml(_read(folder / CAMERA, Fault.NO_CAMERA_INFO))
    samples = tuple(_sample(folder, entry, optics) for entry in entries)
    camera_frame, tool_frame = (str(document.get(f'{n}_frame') or '') for n in ('camera', 'tool'))
    return SampleFolder(samples, optics, camera_frame, tool_frame)


def matching(image: NDArray[np.uint8], optics: Optics, name: str) -> NDArray[np.uint8]:
    """
    Return an image of the size that camera_info tells.

    :raises CalibrationRefused: BAD_SAMPLES for another size.
    """
    height, width = image.shape[:2]
    if (width, height) != (optics.width, optics.height):
        raise _bad(
            f'{name!r} has {width} x {height} pixels, but camera_info is for '
            f'{optics.width} x {optics.height}'
        )
    return image


def _sample(folder: Path, entry: Any, optics: Optics) -> Sample:
    try:
        name = str(entry['image'])
        T_base_tool = from_quaternion(entry['position'], entry['quat_xyzw'])
    except (KeyError, TypeError, ValueError) as err:
        raise _bad(f'{entry!r} is no sample: expected image, position and quat_xyzw') from err
    if not is_rigid(T_base_tool):
        raise _bad(f'{entry!r} has no finite position')
    if Path(name).name != name:
        raise _bad(f'{name!r} is not the name of a file beside {POSES}')
    bgr = cv2.imread(str(folder / name), cv2.IMREAD_COLOR) if (folder / name).is_file() else None
    if bgr is None:
        raise _bad(f'{str(folder / name)!r} is no image that can be read')
    rgb = np.ascontiguousarray(bgr[..., ::-1], dtype=np.uint8)
    return Sample(name, matching(rgb, optics, name), T_base_tool)


def _read(path: Path, fault: Fault) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise CalibrationRefused(fault, f'{str(path)!r} cannot be read: {err}') from err


def _write(path: Path, document: Any) -> None:
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None)
    path.write_text(text, encoding='utf-8')


def _bad(message: str) -> CalibrationRefused:
    return CalibrationRefused(Fault.BAD_SAMPLES, message)
