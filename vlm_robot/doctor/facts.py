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

"""What was seen of a running graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Status:
    """The last thing that a node said about something on /diagnostics."""

    name: str  # 'node: subject'
    level: int  # of diagnostic_msgs/DiagnosticStatus
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageLook:
    """The newest message of an image topic."""

    topic: str
    encoding: str
    width: int
    height: int
    frame_id: str
    stamp_ns: int
    trouble: str = ''  # why it cannot be read
    seen_ns: int = 0  # when it arrived, by this machine's clock; 0 is now


@dataclass(frozen=True)
class DepthLook:
    """What a depth image holds."""

    image: ImageLook
    valid_share: float  # of the pixels
    median_m: float  # read as REP 118 says; NaN without a valid pixel


@dataclass(frozen=True)
class InfoLook:
    """The newest camera_info of a topic."""

    topic: str
    width: int
    height: int
    frame_id: str
    model: str  # of the distortion
    trouble: str = ''  # why it cannot be used


@dataclass(frozen=True)
class Rehearsal:
    """What an instruction would come to with what a camera shows, were it given now."""

    camera: str  # its namespace
    refusal: str = ''  # outcome and sentence; empty where a model would be asked


@dataclass(frozen=True)
class JointLook:
    """The newest joint states."""

    topic: str
    names: tuple[str, ...]
    finite: bool


@dataclass(frozen=True)
class Memory:
    """Of this machine, and of the graph's nodes that run on it."""

    total_bytes: int
    available_bytes: int
    of_nodes: Mapping[str, int] = field(default_factory=dict)  # node -> resident bytes


@dataclass(frozen=True)
class Facts:
    """
    Everything that was looked at.

    :param parameters: node -> its parameters, for those that answered.
    :param namespace: that the nodes are in.
    :param elsewhere: node -> other namespaces with nodes of that name.
    :param uses_tf: whether vlm_node listens to tf2; its extrinsics are parameters otherwise.
    :param rehearsals: one for each camera.
    :param unrehearsed: why there are none.
    :param controllers: topic of trajectories or goals -> how many listen to it.
    :param actions: action that motion_node calls -> how many serve it.
    """

    now_ns: int  # of this machine's clock
    nodes: frozenset[str] = frozenset()  # bare names
    namespace: str = '/'
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lifecycle: str = ''  # state of vlm_node, '' when it did not answer
    parameters: Mapping[str, Parameters] = field(default_factory=dict)
    statuses: tuple[Status, ...] = ()
    images: tuple[ImageLook, ...] = ()
    depths: tuple[DepthLook, ...] = ()
    infos: tuple[InfoLook, ...] = ()
    uses_tf: bool = False
    rehearsals: tuple[Rehearsal, ...] = ()
    unrehearsed: str = ''
    joints: JointLook | None = None
    expected_joints: tuple[str, ...] = ()  # of the arm's settings; empty where they are not known
    controllers: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)
    clock_publishers: int = 0
    memory: Memory | None = None

    def of(self, node: str) -> Parameters:
        """Return the parameters of a node, none of one that did not answer."""
        return self.parameters.get(node, {})
