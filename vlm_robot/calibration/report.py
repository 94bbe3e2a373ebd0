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

"""What a calibration found, in words and as parameters of vlm_node."""

from __future__ import annotations

import numpy as np

from vlm_robot.calibration.calibrate import Calibration
from vlm_robot.calibration.mounting import Setup
from vlm_robot.core.geometry import quat_xyzw_of


def report(found: Calibration, *, camera_frame: str, mount_frame: str) -> str:
    """Return a few lines: pose, errors, deviations, and which samples are bad."""
    position = ', '.join(f'{value:.4f}' for value in found.T_mount_camera[:3, 3])
    quat_xyzw = ', '.join(f'{value:.5f}' for value in quat_xyzw_of(found.T_mount_camera))
    sample_px = found.sample_px
    worst = int(np.argmax(sample_px))
    left_out = int(np.argmax(found.left_out_px))
    lines = [
        f'{found.setup.value}: {camera_frame!r} in {mount_frame!r}',
        f'  position            {position} m, +- {1000 * found.deviation_m:.2f} mm',
        f'  rotation (xyzw)     {quat_xyzw}, +- {np.rad2deg(found.deviation_rad):.3f} degrees',
        f'  reprojection error  {found.rms_px:.2f} px rms, '
        f'worst {sample_px[worst]:.2f} px in {_name(found, worst)}',
        f'  leave one out       {_rms(found.left_out_px):.2f} px rms, '
        f'worst {found.left_out_px[left_out]:.2f} px in {_name(found, left_out)}',
        f'  samples             {len(found.used)} used',
    ]
    lines += [
        f'  dropped             {seen.sample.name}, which is {error_px:.1f} px off the others'
        for seen, error_px in found.dropped
    ]
    if found.unseen:
        lines.append(f'  board not seen in   {", ".join(found.unseen)}')
    return '\n'.join(lines)


def parameter_file(found: Calibration, *, camera_frame: str, mount_frame: str) -> str:
    """
    Return a parameter file for vlm_node.

    A camera on the arm moves: its pose in the base frame is the tool's, from tf, times this one.
    """
    position = ', '.join(f'{float(v):.6f}' for v in found.T_mount_camera[:3, 3])
    quat_xyzw = ', '.join(f'{v:.8f}' for v in quat_xyzw_of(found.T_mount_camera))
    text = report(found, camera_frame=camera_frame, mount_frame=mount_frame)
    lines = [
        '# Written by vlm-robot calibrate.',
        *(f'# {line}' for line in text.splitlines()),
        '/**/vlm_node:',
        '  ros__parameters:',
        f'    extrinsics.source: {"parameters" if found.setup is Setup.EYE_TO_HAND else "tf"}',
        f'    extrinsics.camera_frames: [{camera_frame}]',
        f'    extrinsics.translations: [{position}]',
        f'    extrinsics.quats_xyzw: [{quat_xyzw}]',
    ]
    if found.setup is Setup.EYE_IN_HAND:
        lines.append(f'    extrinsics.mount_frames: [{mount_frame}]')
    return '\n'.join(lines) + '\n'


def _name(found: Calibration, index: int) -> str:
    return found.used[index].sample.name


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values).mean()))
