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

"""The parameters of vlm_node, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.nodes.base_frame import BASE_FRAME
from vlm_robot.ros.parameters import parameter


@dataclass(frozen=True)
class BackendParameters:
    """Which model answers."""

    name: str = parameter('auto', 'backend that runs the model: auto is what its profile says')
    model: str = parameter('tabletop', 'a profile of config/models/, or the path of your own')
    device: str = parameter('', 'where the model runs; empty lets the backend choose')
    url: str = parameter('', 'address of an OpenAI-compatible server, for the backend openai')
    key_env: str = parameter('', "environment variable that holds the server's key")
    key_file: str = parameter('', "file that holds the server's key, readable by its owner only")
    allow_plain_http: bool = parameter(False, 'let the key travel unencrypted to another machine')

    def settings(self) -> dict[str, str]:
        """Return what `make_planner` takes."""
        return {
            'model': self.model,
            'device': self.device,
            'url': self.url,
            'key_env': self.key_env,
            'key_file': self.key_file,
            'allow_plain_http': 'true' if self.allow_plain_http else '',
        }


@dataclass(frozen=True)
class CameraParameters:
    """Which cameras there are, and what counts as a usable frame."""

    names: tuple[str, ...] = parameter(
        ('',), 'namespaces of the cameras, asked in this order; an empty one is image_raw itself'
    )
    transport: str = parameter(
        'raw', 'colour topic: image_raw or image_raw/compressed', choices=('raw', 'compressed')
    )
    depth_transport: str = parameter(
        'raw',
        'depth topic: depth/image_raw or depth/image_raw/compressedDepth',
        choices=('raw', 'compressed'),
    )
    rectified: bool = parameter(
        False, 'images are rectified: P of camera_info holds; raw ones have K and a distortion'
    )
    depth_images: int = parameter(
        1, 'depth images that are measured together, of those at hand', minimum=1, maximum=5
    )
    depth_translation: tuple[float, ...] = parameter(
        (), 'position of the depth camera in the colour camera in m; empty asks as for extrinsics'
    )
    depth_quat_xyzw: tuple[float, ...] = parameter(
        (), 'rotation of the depth camera in the colour camera'
    )
    max_age_s: float = parameter(1.0, 'oldest usable image', minimum=0.01)
    future_tolerance_s: float = parameter(
        0.25, "how far an image's stamp may be ahead of the clock", minimum=0.0
    )
    sync_tolerance_s: float = parameter(
        0.05, 'largest difference between the stamps of colour and depth', minimum=0.0
    )
    wait_s: float = parameter(2.0, 'how long to wait for a usable frame', minimum=0.0)


@dataclass(frozen=True)
class ExtrinsicsParameters:
    """Where the camera is."""

    source: str = parameter(
        'auto',
        'tf2, these parameters, or auto: tf2 where it is installed',
        choices=('auto', 'tf', 'parameters'),
    )
    wait_s: float = parameter(0.5, 'how long to wait for a transform', minimum=0.0)
    camera_frames: tuple[str, ...] = parameter(
        ('',), 'the optical frame of each camera; an empty one is none'
    )
    translations: tuple[float, ...] = parameter(
        (), 'their positions in the base frame in m, three numbers each'
    )
    quats_xyzw: tuple[float, ...] = parameter(
        (), 'their rotations in the base frame, four numbers each'
    )
    mount_frames: tuple[str, ...] = parameter(
        ('',), 'the frame that each is given in, where that is not the base frame; needs tf2'
    )


_GROUNDING = GroundingSettings()


@dataclass(frozen=True)
class GroundingParameters:
    """Whether, where and for which gripper targets are measured; lengths in m."""

    enabled: bool = parameter(True, 'measure targets from depth; without, plans stay in pixels')
    base_frame: str = parameter(BASE_FRAME, "the arm's base frame, in which targets are given")
    workspace_min: tuple[float, ...] = parameter(
        _GROUNDING.workspace.lower, 'lower corner of the box that the table and things are in'
    )
    workspace_max: tuple[float, ...] = parameter(
        _GROUNDING.workspace.upper, 'upper corner of that box'
    )
    table: str = parameter(
        'known',
        'whether the table is at table_height_m, or wherever it is seen',
        choices=('known', 'estimated'),
    )
    table_height_m: float = parameter(
        _GROUNDING.table_height_m or 0.0, 'height of the table in the base frame, if known'
    )
    table_tolerance_m: float = parameter(
        _GROUNDING.table_tolerance_m, 'largest difference of the seen table from that height'
    )
    max_range_m: float = parameter(_GROUNDING.max_range_m, 'depth beyond this is ignored')
    object_height_m: float = parameter(
        _GROUNDING.object_height_m, 'what stands higher above the table is a thing'
    )
    max_opening_m: float = parameter(_GROUNDING.max_opening_m, 'between the open fingers')
    finger_thickness_m: float = parameter(
        _GROUNDING.finger_thickness_m, 'extent of a finger along the closing axis'
    )
    finger_width_m: float = parameter(
        _GROUNDING.finger_width_m, 'extent of a finger across the closing axis'
    )
    finger_margin_m: float = parameter(
        _GROUNDING.finger_margin_m, 'how far a finger opens beyond the side of a thing'
    )
    fingertip_m: float = parameter(
        _GROUNDING.fingertip_m, 'from the point between the pads to the finger tips'
    )
    grasp_depth_m: float = parameter(
        _GROUNDING.grasp_depth_m, 'of that point under the top of a tall thing'
    )
    lowest_grasp_m: float = parameter(
        _GROUNDING.lowest_grasp_m, 'least height of that point above the table'
    )


@dataclass(frozen=True)
class VlmParameters:
    """Parameters of vlm_node."""

    autostart: bool = parameter(True, 'configure and activate without being asked')
    timeout_s: float = parameter(30.0, 'limit for one plan; 0 is none', minimum=0.0)
    self_test: str = parameter(
        'auto',
        'show the model things whose place is known before it serves; auto: models that have one',
        choices=('auto', 'on', 'off'),
    )
    anticipation_period_s: float = parameter(
        0.5, 'between two looks at the scene while nobody asks; 0 never looks', minimum=0.0
    )
    describe_question: str = parameter('what is on the table', 'what ~/describe asks the model')
    backend: BackendParameters = field(default_factory=BackendParameters)
    camera: CameraParameters = field(default_factory=CameraParameters)
    extrinsics: ExtrinsicsParameters = field(default_factory=ExtrinsicsParameters)
    grounding: GroundingParameters = field(default_factory=GroundingParameters)
