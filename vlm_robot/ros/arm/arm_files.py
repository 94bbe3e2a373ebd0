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


"""Which arm the running robot is: the files that its motion_node was given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.ros.remote_parameters import RemoteParameters

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.core.cancel import CancelToken

_POLL_S = 0.05
_WANTED = frozenset({'executor', 'arm_file', 'arm_model'})
_CURE = 'give --arm and --arm-model, or ask tf with --tool-frame'


@dataclass(frozen=True)
class ArmFiles:
    """Settings and model of an arm; both empty are the simulated one's."""

    arm_file: str = ''
    arm_model: str = ''
    origin: str = 'given'


def find_arm_files(node: Node, given: ArmFiles, cancel: CancelToken, *, wait_s: float) -> ArmFiles:
    """
    Return what was given, and for what was not what motion_node in the node's namespace has.

    The node must be spinning. Blocks.

    :raises ConfigurationError: when there is none, or none that knows.
    :raises Refusal: CANCELED.
    """
    if given.arm_file and given.arm_model:
        return given
    said = _ask(node, cancel, wait_s=wait_s)
    if said is None:
        raise ConfigurationError(
            'nobody says which arm this is: no motion_node answers in namespace '
            f'{node.get_namespace()!r}; {_CURE}'
        )
    arm_file = given.arm_file or str(said.get('arm_file', ''))
    arm_model = given.arm_model or str(said.get('arm_model', ''))
    is_whole = bool(arm_file and arm_model)
    is_simulated = not arm_file and not arm_model and said.get('executor') == 'trajectory'
    if not is_whole and not is_simulated:
        raise ConfigurationError(
            f'motion_node has arm_file {arm_file!r} and arm_model {arm_model!r}, which is no '
            f'whole arm: {_CURE}'
        )
    kind = 'the simulated arm' if is_simulated else f'{arm_file} and {arm_model}'
    return ArmFiles(arm_file, arm_model, f'{kind}, as motion_node has it')


def _ask(node: Node, cancel: CancelToken, *, wait_s: float) -> Mapping[str, Any] | None:
    name = f'{node.get_namespace().rstrip("/")}/motion_node'
    remote = RemoteParameters(node, lambda bare: bare == 'motion_node', _WANTED.__contains__)
    end = time.monotonic() + wait_s
    while name not in remote.values and time.monotonic() < end:
        cancel.wait(_POLL_S)
        cancel.check()
    return remote.values.get(name)
