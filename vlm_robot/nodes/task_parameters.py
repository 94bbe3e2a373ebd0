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

"""The parameters of task_node, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_robot.core.safety import GateSettings
from vlm_robot.core.skills import CATALOGUE
from vlm_robot.nodes.base_frame import BASE_FRAME
from vlm_robot.ros.parameters import parameter

_GATE = GateSettings()


@dataclass(frozen=True)
class GateParameters:
    """What may be carried out; the defaults are those of `GateSettings`: nothing moves."""

    base_frame: str = parameter(BASE_FRAME, 'the frame that targets must be given in')
    workspace_min: tuple[float, ...] = parameter(
        _GATE.workspace.lower, 'lower corner of the workspace box in m'
    )
    workspace_max: tuple[float, ...] = parameter(
        _GATE.workspace.upper, 'upper corner of the workspace box in m'
    )
    keep_out: tuple[float, ...] = parameter(
        (), 'boxes that nothing is moved into: six numbers each, lower then upper corner in m'
    )
    reach_min_m: float = parameter(_GATE.reach_min_m, 'nearest target', minimum=0.0)
    reach_max_m: float = parameter(_GATE.reach_max_m, 'farthest target', minimum=0.0)
    max_width_m: float = parameter(
        _GATE.max_width_m, 'widest thing that fits between the open fingers', minimum=0.0
    )
    skills: tuple[str, ...] = parameter(tuple(CATALOGUE), 'skills that may be carried out')
    min_confidence: float = parameter(
        _GATE.min_confidence, 'least probability of a point', minimum=0.0, maximum=1.0
    )
    accept_unknown_confidence: bool = parameter(
        _GATE.accept_unknown_confidence, 'accept points whose probability is not reported'
    )
    max_age_s: float = parameter(
        _GATE.max_age_s, 'oldest image that a plan may be made on', minimum=0.0
    )
    approval_required: bool = parameter(
        _GATE.approval_required, 'wait for ~/approve before anything moves'
    )
    approval_timeout_s: float = parameter(60.0, 'how long to wait for ~/approve', minimum=0.0)
    dry_run: bool = parameter(_GATE.dry_run, 'check plans, and carry none out')


@dataclass(frozen=True)
class TaskParameters:
    """Parameters of task_node."""

    policy: str = parameter(
        'reject',
        'what a second instruction does to the first',
        choices=('preempt', 'queue', 'reject'),
    )
    timeout_s: float = parameter(180.0, 'limit for one instruction; 0 is none', minimum=0.0)
    replans: int = parameter(1, 'how often a missed grasp is planned anew', minimum=0, maximum=5)
    discovery_s: float = parameter(5.0, 'how long to wait for another node', minimum=0.0)
    go_home: bool = parameter(True, 'move the arm out of the view after every instruction')
    gate: GateParameters = field(default_factory=GateParameters)
