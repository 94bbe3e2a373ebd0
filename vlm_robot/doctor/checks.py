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

"""From facts about a graph to findings, the most basic first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vlm_robot.doctor.arm import check_arm
from vlm_robot.doctor.cameras import check_cameras
from vlm_robot.doctor.facts import Facts
from vlm_robot.doctor.finding import Finding, Level, error, ok, warn

NODES = ('vlm_node', 'task_node', 'motion_node')
_JOBS = {
    'vlm_node': 'nothing looks and plans: start it with `vlm-robot up vlm`',
    'task_node': 'nobody carries plans out: start it with `vlm-robot up robot`',
    'motion_node': 'nothing moves the arm: start it with `vlm-robot up robot`',
}
_SCARCE = 0.10  # of the memory
_GIB = 2**30


def examine(facts: Facts) -> list[Finding]:
    """Return what is right and wrong."""
    checks: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
        _nodes,
        _clocks,
        check_cameras,
        _told,
        _transforms,
        check_arm,
        _gate,
        _memory,
    )
    return [finding for check in checks for finding in check(facts)]


def _nodes(facts: Facts) -> Iterator[Finding]:
    for node in NODES:
        if node not in facts.nodes:
            level = Level.ERROR if node == 'vlm_node' else Level.WARN
            yield Finding(level, node, _missing(node, facts))
        elif node != 'vlm_node':
            yield ok(node, 'runs')
    if 'vlm_node' in facts.nodes:
        yield _lifecycle(facts)


def _missing(node: str, facts: Facts) -> str:
    namespaces = facts.elsewhere.get(node, ())
    if not namespaces:
        return f'is not running: {_JOBS[node]}'
    return (
        f'is not running in {facts.namespace}, but in {", ".join(namespaces)}: '
        f'--namespace {namespaces[0]} looks there'
    )


def _lifecycle(facts: Facts) -> Finding:
    model = facts.of('vlm_node').get('backend.model', '')
    if facts.lifecycle == 'active':
        return ok('vlm_node', f'serves with the model {model!r}')
    if not facts.lifecycle:
        return error('vlm_node', 'does not answer: it is loading its model, or hangs')
    return error(
        'vlm_node',
        f'is {facts.lifecycle}, so it serves nothing: its log says why; '
        '`ros2 lifecycle set /vlm_node activate` tries again',
    )


def _clocks(facts: Facts) -> Iterator[Finding]:
    simulated = {n: bool(p.get('use_sim_time')) for n, p in facts.parameters.items()}
    if len(set(simulated.values())) > 1:
        listed = ', '.join(f'{node}: {value}' for node, value in sorted(simulated.items()))
        yield error('clock', f'use_sim_time differs ({listed}): give every node the same')
    elif any(simulated.values()) and not facts.clock_publishers:
        yield error('clock', 'use_sim_time is set, but nobody publishes /clock: time stands still')


def _told(facts: Facts) -> Iterator[Finding]:
    """Pass on what the nodes say themselves: self-test, streams, QoS."""
    for status in facts.statuses:
        level = Level(min(max(status.level, Level.OK), Level.ERROR))
        if status.values.get('result') == 'not tested' and level is Level.OK:
            level = Level.WARN
        yield Finding(level, status.name, _with_rate(status.message, status.values.get('rate_hz')))


def _with_rate(message: str, rate_hz: str | None) -> str:
    return message if rate_hz in (None, 'nan') else f'{message} ({float(rate_hz):.1f} Hz)'


def _transforms(facts: Facts) -> Iterator[Finding]:
    parameters = facts.of('vlm_node')
    if not parameters or facts.uses_tf or not parameters.get('grounding.enabled', True):
        return
    known = tuple(filter(None, parameters.get('extrinsics.camera_frames', ())))
    for image in facts.images:
        if image.frame_id not in known:
            yield error(
                image.topic,
                f'is from frame {image.frame_id!r}, but extrinsics are known for {list(known)!r}: '
                '`vlm-robot calibrate` finds them, or extrinsics.camera_frames names it',
            )


def _gate(facts: Facts) -> Iterator[Finding]:
    parameters = facts.of('task_node')
    if parameters.get('gate.dry_run'):
        yield warn('task_node', 'gate.dry_run is true: plans are checked, and nothing moves')
    elif parameters.get('gate.approval_required'):
        yield ok('task_node', 'waits for ~/approve before anything moves')


def _memory(facts: Facts) -> Iterator[Finding]:
    memory = facts.memory
    if memory is None:
        return
    used = ', '.join(f'{node} {size / _GIB:.1f}' for node, size in sorted(memory.of_nodes.items()))
    sentence = (
        f'{memory.available_bytes / _GIB:.1f} of {memory.total_bytes / _GIB:.1f} GiB are free'
    ) + (f' ({used} GiB)' if used else '')
    scarce = memory.available_bytes < _SCARCE * memory.total_bytes
    yield warn('memory', sentence) if scarce else ok('memory', sentence)
