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

"""What `bench_cold_start.py` starts: imports, loads, plans, and prints when it was where."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    begun, clock = float(sys.argv[1]), sys.argv[2]
    marks = [0.0]

    def mark() -> None:
        marks.append(time.process_time() if clock == 'cpu' else time.time() - begun)

    mark()
    import numpy as np

    from vlm_robot.core.values import Frame
    from vlm_robot.models.backends.local import LocalBackend
    from vlm_robot.models.planner import Planner

    mark()
    planner = Planner(LocalBackend('tabletop', 'cpu'))
    mark()
    rgb = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    for words in ('put the red cube in the blue bowl', 'pick up the green mug'):
        planner.plan(Frame(0, 'camera', rgb), words)
        mark()
    stages = ('interpreter', 'imports', 'load and warm up', 'first plan', 'second plan')
    found = {stage: marks[i + 1] - marks[i] for i, stage in enumerate(stages)}
    print(json.dumps({'start to first plan': marks[4]} | found))


if __name__ == '__main__':
    main()
