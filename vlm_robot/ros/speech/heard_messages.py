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

"""What was heard, as a message."""

from __future__ import annotations

from vlm_robot.ros.conversions import header_message
from vlm_robot.speech.heard import Heard
from vlm_robot_interfaces.msg import Heard as HeardMessage


def heard_message(heard: Heard, stamp_ns: int, source: str) -> HeardMessage:
    """
    Return the message.

    :param stamp_ns: when the speaking ended.
    :param source: of the sound.
    """
    return HeardMessage(
        kind=int(heard.kind),
        header=header_message(stamp_ns, source),
        text=heard.text,
        confidence=heard.confidence,
        alternatives=list(heard.alternatives),
        unknown=list(heard.unknown),
        language=heard.language,
        question=heard.question,
        reason=heard.reason,
    )
