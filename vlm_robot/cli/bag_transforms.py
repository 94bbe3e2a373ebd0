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

"""Where the frames of a bag are: by its tf, or by extrinsics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vlm_robot.bags.decoding import Decoder
from vlm_robot.bags.tf import RecordedTransforms
from vlm_robot.ros.transforms.frames import (
    Extrinsics,
    FixedTransforms,
    MountedTransforms,
    camera_mounts,
    camera_poses,
)

if TYPE_CHECKING:
    import threading

    import numpy as np
    from numpy.typing import NDArray

    from vlm_robot.bags.reader import Bag
    from vlm_robot.nodes.vlm_parameters import VlmParameters
    from vlm_robot.ros.transforms.frames import Transforms

_NONE = (
    'transforms: none, because the bag has neither tf nor extrinsics: --extrinsics FILE gives '
    'them, --pixels does without'
)


class BagTransforms:
    """
    The tf of a bag around the moment that is replayed.

    :param recorded: of the whole bag.
    """

    def __init__(self, recorded: RecordedTransforms) -> None:
        self._recorded = recorded
        self.time_ns = 0  # of the bag

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Return the transform at the stamp."""
        buffer = self._recorded.around(self.time_ns)
        return buffer.between(target_frame, source_frame, stamp_ns, cancel)


@dataclass(frozen=True)
class Chosen:
    """Where the transforms of a replay come from."""

    transforms: Transforms
    tf: BagTransforms  # wants to know the moment
    sentence: str


def choose_transforms(
    bag: Bag, parameters: VlmParameters, *, has_extrinsics: bool, are_given: bool
) -> Chosen:
    """
    Return the transforms of a replay, as a live run with the same parameters has them.

    :param has_extrinsics: whether anybody set the parameters' extrinsics.
    :param are_given: whether that was for this replay, so that they count for more than tf.
    :raises ConfigurationError: for extrinsics that are no poses.
    """
    recorded = RecordedTransforms(bag, Decoder())
    tf, topics = BagTransforms(recorded), ', '.join(t.name for t in recorded.topics)
    base_frame, source = parameters.grounding.base_frame, parameters.extrinsics.source
    extrinsics = _extrinsics(parameters)
    mounts = camera_mounts(extrinsics, base_frame) if has_extrinsics else {}
    if mounts and topics:
        poses = camera_poses(extrinsics)
        moving = MountedTransforms(tf, {c: (mounts[c], poses[c]) for c in mounts})
        return Chosen(moving, tf, f'transforms: {topics}, and extrinsics of {sorted(mounts)}')
    if topics and not are_given and not (has_extrinsics and source == 'parameters'):
        return Chosen(tf, tf, f'transforms: {topics}')
    if not has_extrinsics:
        return Chosen(FixedTransforms(base_frame, {}), tf, _NONE)
    poses = {c: pose for c, pose in camera_poses(extrinsics).items() if c not in mounts}
    origin = 'given' if are_given else 'recorded'
    sentence = f'transforms: {origin} extrinsics of {sorted(poses)}'
    return Chosen(FixedTransforms(base_frame, poses), tf, sentence)


def _extrinsics(parameters: VlmParameters) -> Extrinsics:
    given = parameters.extrinsics
    return Extrinsics(
        given.source,
        given.camera_frames,
        given.translations,
        given.quats_xyzw,
        given.mount_frames,
    )
