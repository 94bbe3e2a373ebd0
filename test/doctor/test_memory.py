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

from pathlib import Path

from vlm_robot.doctor.memory import look_at_memory


def process(proc: Path, pid: int, command: str, resident_kb: int) -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / 'cmdline').write_text(command.replace(' ', '\0'))
    (folder / 'status').write_text(f'Name:\tx\nVmRSS:\t{resident_kb} kB\nThreads:\t3\n')


def test_nodes_are_found_however_they_were_started(tmp_path: Path) -> None:
    (tmp_path / 'meminfo').write_text('MemTotal: 1000 kB\nMemAvailable:  400 kB\nHugePages: 0\n')
    process(tmp_path, 11, 'python -m vlm_robot.nodes.vlm_node --ros-args', 100)
    process(tmp_path, 12, '/usr/bin/python3 /ws/install/lib/vlm_robot/motion_node --ros-args', 50)
    process(tmp_path, 13, 'vim vlm_node.py', 7)
    process(tmp_path, 14, 'other_node', 9)

    memory = look_at_memory(['vlm_node', 'motion_node'], tmp_path)

    assert memory is not None
    assert (memory.total_bytes, memory.available_bytes) == (1000 * 1024, 400 * 1024)
    assert memory.of_nodes == {'vlm_node': 100 * 1024, 'motion_node': 50 * 1024}


def test_a_system_that_does_not_tell_is_no_error(tmp_path: Path) -> None:
    assert look_at_memory(['vlm_node'], tmp_path) is None
    (tmp_path / 'meminfo').write_text('MemTotal: many kB\n')
    assert look_at_memory(['vlm_node'], tmp_path) is None
