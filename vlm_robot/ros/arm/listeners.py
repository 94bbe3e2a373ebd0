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

"""Whether anybody hears a command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome

if TYPE_CHECKING:
    from rclpy.publisher import Publisher

_POLL_S = 0.002


def require_listener(publisher: Publisher[Any], timeout_s: float) -> None:
    """
    Wait for a subscriber.

    :raises Refusal: CONTROLLER_FAILED when there is none in time.
    """
    end = time.monotonic() + timeout_s
    while publisher.get_subscription_count() == 0:
        if time.monotonic() > end:
            raise Refusal(
                Outcome.CONTROLLER_FAILED, f'no controller listens on {publisher.topic_name!r}'
            )
        time.sleep(_POLL_S)
