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

"""The library that reads and writes bags, or the name of the extra that installs it."""

from __future__ import annotations

import importlib
from types import ModuleType

from vlm_robot.core.errors import MissingPackageError


def rosbags(module: str) -> ModuleType:
    """
    Import a module of rosbags (https://gitlab.com/ternaris/rosbags, Apache-2.0).

    :param module: for example 'rosbag2'.
    :raises MissingPackageError: when it is not installed.
    """
    try:
        return importlib.import_module(f'rosbags.{module}')
    except ModuleNotFoundError as err:
        raise MissingPackageError('rosbags', 'bags') from err
