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

"""The memory of this machine, and of the nodes that run on it (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vlm_robot.bringup.graph import PACKAGE
from vlm_robot.doctor.facts import Memory

_PROC = Path('/proc')
_KIB = 1024


def look_at_memory(nodes: Iterable[str], proc: Path = _PROC) -> Memory | None:
    """
    Return what is free, and what each node takes; None where the system does not tell.

    :param nodes: bare names.
    :param proc: where the system tells it, see proc(5).
    """
    try:
        table = dict(_fields(proc / 'meminfo'))
        total, available = table['MemTotal'], table['MemAvailable']
    except (OSError, KeyError, ValueError):
        return None
    wanted = set(nodes)
    of_nodes: dict[str, int] = {}
    for pid in proc.glob('[0-9]*'):
        name = _node_of(pid)
        if name in wanted:
            of_nodes[name] = of_nodes.get(name, 0) + _resident(pid)
    return Memory(total, available, of_nodes)


def _fields(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and bytes of the lines that are in kB."""
    for line in path.read_text(encoding='ascii', errors='replace').splitlines():
        name, _, value = line.partition(':')
        words = value.split()
        if len(words) == 2 and words[1] == 'kB':
            yield name, int(words[0]) * _KIB


def _node_of(pid: Path) -> str:
    """Return the name of the node that a process was started for; empty for other processes."""
    try:
        command = (pid / 'cmdline').read_text(errors='replace').split('\0')
    except OSError:  # it has ended
        return ''
    for word in command[:3]:  # python -m module, or python executable
        if word.startswith(f'{PACKAGE}.nodes.'):
            return word.rpartition('.')[2]
        if os.path.basename(word).endswith('_node'):
            return os.path.basename(word)
    return ''


def _resident(pid: Path) -> int:
    try:
        return dict(_fields(pid / 'status')).get('VmRSS', 0)
    except (OSError, ValueError):
        return 0
