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

"""Why Fast DDS drops images, and what to do about it."""

from __future__ import annotations

import functools

from rclpy.utilities import get_rmw_implementation_identifier

from vlm_robot.bringup.graph import fast_dds_variable
from vlm_robot.resources import share_path


@functools.cache
def dropped_image_cure() -> str:
    """Return cause and cure of images that do not arrive; '' of other middleware."""
    if not get_rmw_implementation_identifier().startswith('rmw_fastrtps'):
        return ''
    return (
        "Fast DDS drops messages that do not fit the publishing process' 512 KiB of shared "
        f'memory; start that process with {fast_dds_variable()}='
        f'{share_path("config", "fastdds.xml")}'
    )
