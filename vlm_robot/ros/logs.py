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

"""How outcomes are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlm_robot.core.outcome import Verdict

if TYPE_CHECKING:
    from rclpy.impl.rcutils_logger import RcutilsLogger


def log_verdict(logger: RcutilsLogger, what: str, verdict: Verdict) -> None:
    """Log how something ended: as information when OK, as a warning otherwise."""
    text = f'{what}: {verdict.outcome.name} {verdict.message}'.rstrip()
    if verdict.ok:
        logger.info(text)
    else:
        logger.warning(text)
