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
What two cameras cost a node that waits: 640 x 480 colour and depth at 30 Hz, nobody asking.

Read on demand, with and without the watch over their health, beside one callback per message.
The publisher is a process of its own.

    python bench/bench_idle_cost.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from child import run_child
from harness import Goal, Samples, Unit, arguments, publish, ratio

from vlm_robot.bringup.graph import fast_dds_variable
from vlm_robot.resources import share_path

CHILD = Path(__file__).parent / 'child_idle_cost.py'
PERCENT = Unit('% of a core', 100.0, 1)
WAYS = {
    'callbacks': 'a callback per message',
    'on demand': 'on demand',
    'watched': 'on demand, health told each second',
    'nothing': 'no subscription',
}


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument('--seconds', type=float, default=8.0, help='of each measurement')
    args = parser.parse_args()
    samples: Samples = {name: [] for name in WAYS.values()}
    os.environ['ROS_DOMAIN_ID'] = str(os.getpid() % 100 + 1)
    command = [sys.executable, str(CHILD), '0', 'publish', '3600']
    publisher = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | _profile())
    try:
        for _ in range(args.rounds):
            for way, name in WAYS.items():
                found = run_child(CHILD.name, way, str(args.seconds))
                samples[name].append(found['share'])
    finally:
        publisher.terminate()
        publisher.wait()
    told = ratio(samples, WAYS['watched'], WAYS['callbacks'])
    publish(
        'idle_cost',
        samples,
        baseline=WAYS['callbacks'],
        title='CPU time of a node beside two 640 x 480 RGB-D cameras at 30 Hz',
        goals=[Goal('share of the cost of callbacks', 1 / 3, told, at_least=False)],
        unit=PERCENT,
    )


def _profile() -> dict[str, str]:
    """Return what makes Fast DDS deliver every image, so that all ways get the same."""
    return {fast_dds_variable(): str(share_path('config', 'fastdds.xml'))}


if __name__ == '__main__':
    main()
