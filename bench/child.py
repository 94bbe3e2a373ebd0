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

"""Measures what needs a process of its own, which says what it found as one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path


def run_child(script: str, *args: str) -> dict[str, float]:
    """
    Run a script of this folder, and return what it prints.

    Its first argument is the time at which it was started, in seconds of the epoch.
    """
    path = Path(__file__).parent / script
    command = [sys.executable, str(path), repr(time.time()), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f'{script} failed: {done.stderr[-2000:]}')
    found: dict[str, float] = json.loads(done.stdout.strip().split('\n')[-1])
    return found
