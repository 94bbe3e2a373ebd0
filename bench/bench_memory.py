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
What answering takes in memory: weights, what is kept for the next answer, the process's peak.

Building a model of random weights takes more than running it, so a process's peak is that of
building where nothing is loaded from a file.

    python bench/bench_memory.py
"""

from __future__ import annotations

from child import run_child
from harness import MB, Samples, arguments, publish
from subjects import shapes


def main() -> None:
    parser = arguments(__doc__, rounds=1)
    parser.add_argument('--shapes', nargs='+', default=['embedded', *shapes()])
    args = parser.parse_args()
    samples: Samples = {}
    for name in args.shapes:
        for way in ('ours', 'generate'):
            for _ in range(args.rounds):
                found = run_child('child_memory.py', name, way, str(args.threads))
                for part, size in found.items():
                    samples.setdefault(f'{name}, {way}: {part}', []).append(size)
    publish(
        'memory',
        samples,
        baseline=f'{args.shapes[0]}, ours: weights',
        title='Memory of two plans on two frames',
        unit=MB,
    )


if __name__ == '__main__':
    main()
