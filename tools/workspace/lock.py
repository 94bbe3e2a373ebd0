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

"""Lock files: resolve `requirements*.in` into exact versions, without installing anything."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.workspace import progress
from tools.workspace.environment import PIP_OPTIONS, pins, pip
from tools.workspace.layout import WHEELS, Layout

OWN = 'vlm-robot'


def write_locks(layout: Layout) -> None:
    """Write requirements.lock, and then the locks of ROS 2, which agree with it."""
    common = layout.root / 'requirements.lock'
    _write(common, resolve(layout, common.with_suffix('.in'), constraints=()))
    for distro in WHEELS:
        lock = layout.root / f'requirements-ros-{distro}.lock'
        versions = resolve(layout, lock.with_suffix('.in'), constraints=pins(common))
        _write(lock, sorted(set(versions) - set(pins(common))))


def resolve(layout: Layout, source: Path, *, constraints: Sequence[str]) -> list[str]:
    """
    Let pip choose versions.

    :param source: the requirements; paths in it are relative to the working folder.
    :param constraints: `name==version` lines to agree with.
    :return: sorted `name==version` lines, less this package itself.
    :raises SetupError: when pip finds no solution.
    """
    with tempfile.TemporaryDirectory() as folder:
        limits = Path(folder) / 'constraints.txt'
        limits.write_text('\n'.join(constraints), encoding='utf-8')
        report = Path(folder) / 'report.json'
        command = [*pip(layout), 'install', *PIP_OPTIONS, '--no-build-isolation']
        command += ['--dry-run', '--ignore-installed', '--report', report]
        command += ['--constraint', limits, '--requirement', source]
        log = layout.work / 'log' / f'{source.stem}.txt'
        progress.run(f'resolving {source.name}', [command], log=log)
        return pinned(json.loads(report.read_text(encoding='utf-8')))


def pinned(report: Mapping[str, Any]) -> list[str]:
    """
    Read the versions from pip's report.

    :param report: see https://pip.pypa.io/en/stable/reference/installation-report/
    :return: sorted lines; a local version such as `+cpu` is left to the index that is in use.
    """
    lines = set()
    for item in report['install']:
        name = item['metadata']['name'].lower().replace('_', '-')
        if name != OWN:
            lines.add(f'{name}=={item["metadata"]["version"].partition("+")[0]}')
    return sorted(lines)


def _write(lock: Path, lines: Sequence[str]) -> None:
    header = f'# Made from {lock.with_suffix(".in").name} by make lock.\n'
    lock.write_text(header + '\n'.join(lines) + '\n', encoding='utf-8')
