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

"""
From the start of a process to its first plan, with the embedded model.

    python bench/bench_cold_start.py --rounds 10
"""

from __future__ import annotations

from child import run_child
from harness import Samples, arguments, publish


def main() -> None:
    args = arguments(__doc__, rounds=3).parse_args()
    samples: Samples = {}
    for _ in range(args.rounds):
        for stage, seconds in run_child('child_cold_start.py', args.clock).items():
            samples.setdefault(stage, []).append(seconds)
    publish(
        'cold_start',
        samples,
        baseline='start to first plan',
        title='Process start to first plan, embedded model',
        notes=[f'times are {args.clock} time'],
    )


if __name__ == '__main__':
    main()
