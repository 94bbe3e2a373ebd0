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

"""What the next instruction would be refused for, before a model is asked."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from rclpy.node import Node
from rclpy.parameter import Parameter

from vlm_robot.core.errors import Refusal
from vlm_robot.core.grounding import Grounder
from vlm_robot.core.outcome import Outcome
from vlm_robot.doctor.facts import Rehearsal
from vlm_robot.nodes.cameras import open_cameras, open_transforms
from vlm_robot.nodes.grounding import grounding_settings
from vlm_robot.nodes.vlm_parameters import (
    CameraParameters,
    ExtrinsicsParameters,
    GroundingParameters,
)
from vlm_robot.ros.camera.cameras import Looks
from vlm_robot.ros.spin import Spinner

if TYPE_CHECKING:
    from vlm_robot.core.cancel import CancelToken

T = TypeVar('T')

SETTLE_S = 3.0  # by when the topics of a new node are there, transforms too
_AGAIN_S = 0.1


def rehearse(
    beside: Node,
    values: Mapping[str, Any],
    *,
    remaps: Mapping[str, str],
    uses_tf: bool,
    cancel: CancelToken,
    settle_s: float = SETTLE_S,
) -> tuple[Rehearsal, ...]:
    """
    Look through the cameras of a vlm_node as it would, and measure its table. Blocks.

    :param beside: a node in the namespace of vlm_node, whose context is used.
    :param values: vlm_node's parameters; those of empty arrays may be missing.
    :param remaps: the cameras' topics, full name before remapping -> after.
    :param uses_tf: whether vlm_node asks tf2.
    :param settle_s: how long to try, or longer where vlm_node waits longer.
    :raises ConfigurationError: for parameters that cannot be used here, tf2 where it is missing.
    """
    with _node(beside, remaps, sim_time=bool(values.get('use_sim_time'))) as node:
        rehearsing = _Rehearsing(node, values, uses_tf=uses_tf)
        return tuple(rehearsing.each(cancel, settle_s))


class _Rehearsing:
    """The part of vlm_node that takes frames and measures, with its parameters."""

    def __init__(self, node: Node, values: Mapping[str, Any], *, uses_tf: bool) -> None:
        camera = _filled(CameraParameters, values, 'camera.')
        self._wait_s = camera.wait_s
        self._grounding = _filled(GroundingParameters, values, 'grounding.')
        self._settings = grounding_settings(self._grounding)
        extrinsics = _filled(ExtrinsicsParameters, values, 'extrinsics.')
        as_there = replace(extrinsics, source='tf' if uses_tf else 'parameters')
        self._transforms = open_transforms(node, as_there, base_frame=self._grounding.base_frame)
        self._cameras = {
            name: open_cameras(node, replace(camera, names=(name,), wait_s=0.0), self._transforms)
            for name in camera.names
        }

    def each(self, cancel: CancelToken, settle_s: float) -> Iterator[Rehearsal]:
        """Yield what each camera would be refused for."""
        end_s = time.monotonic() + max(self._wait_s, settle_s)
        for name, camera in self._cameras.items():
            refusal = self._last_refusal(camera, cancel, end_s)
            said = f'{refusal.outcome.name} {refusal.message}' if refusal else ''
            yield Rehearsal(name, said)

    def _last_refusal(self, camera: Looks, cancel: CancelToken, end_s: float) -> Refusal | None:
        while True:
            try:
                self._look(camera, cancel)
                return None
            except Refusal as refusal:
                canceled = refusal.outcome is Outcome.CANCELED or cancel.wait(_AGAIN_S)
                if canceled or time.monotonic() > end_s:
                    return refusal

    def _look(self, camera: Looks, cancel: CancelToken) -> None:
        grounding = self._grounding
        frame = camera.take(cancel, geometry=grounding.enabled)
        if grounding.enabled:
            base, stamp_ns = grounding.base_frame, frame.stamp_ns
            pose = self._transforms.between(base, frame.frame_id, stamp_ns, cancel)
            Grounder(frame, pose, base_frame=base, settings=self._settings)


@contextmanager
def _node(beside: Node, remaps: Mapping[str, str], *, sim_time: bool) -> Iterator[Node]:
    """Return a node that spins, with the topics of another one."""
    rules = [part for a, b in remaps.items() if a != b for part in ('-r', f'{a}:={b}')]
    node = Node(
        f'vlm_robot_rehearsal_{uuid.uuid4().hex[:8]}',
        context=beside.context,
        namespace=beside.get_namespace(),
        cli_args=['--ros-args', *rules] if rules else None,
        parameter_overrides=[Parameter('use_sim_time', value=sim_time)],
        start_parameter_services=False,
    )
    spinner = Spinner(node)
    try:
        yield node
    finally:
        spinner.close()


def _filled(cls: type[T], values: Mapping[str, Any], prefix: str) -> T:
    """Return a group of parameters with the values of another node."""
    filled: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        value = values.get(f'{prefix}{field.name}')
        if isinstance(field.default, tuple):
            filled[field.name] = tuple(value or ())
        else:
            filled[field.name] = field.default if value is None else value
    return cls(**filled)
