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

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ('package', 'module'),
    [('mink', 'kinematics'), ('daqp', 'kinematics'), ('ruckig', 'timing')],
)
def test_a_missing_library_is_named_with_the_extra_that_installs_it(
    package: str, module: str
) -> None:
    script = (
        f'import sys; sys.modules[{package!r}] = None; import vlm_robot.motion.{module} as module'
    )
    ran = subprocess.run(
        [sys.executable, '-c', script], capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    assert f'{package!r} is not installed' in ran.stderr
    assert 'vlm_robot[motion]' in ran.stderr
