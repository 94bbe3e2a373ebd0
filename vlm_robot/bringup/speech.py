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

"""A graph that hears: what was chosen for `speech` -> speech_node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vlm_robot.bringup.graph import Graph, NodeSpec, Value
from vlm_robot.bringup.remapping import Chosen
from vlm_robot.core.errors import ConfigurationError

_SOURCES = ('microphone', 'topic')


def with_speech(graph: Graph, chosen: Chosen) -> Graph:
    """
    Return a graph with speech_node, where `speech` was chosen; what is said is its instruction.

    :raises ConfigurationError: for a source that is none, or one's argument without it.
    """
    given = str(chosen.get('speech', ''))
    if not given:
        _require_no_more(chosen)
        return graph
    node = NodeSpec('speech_node', ('speech_node.yaml',), _source(given))
    command = graph.command if 'instruction' in chosen else ()
    return replace(graph, nodes=(*graph.nodes, node), command=command)


def _source(given: str) -> dict[str, Value]:
    if given in _SOURCES:
        return {'source': given}
    path = Path(given).expanduser()
    if not path.is_file():
        raise ConfigurationError(
            f'speech is {given!r}: expected one of {", ".join(_SOURCES)}, or a sound file'
        )
    return {'source': 'file', 'file': str(path.resolve())}


def _require_no_more(chosen: Chosen) -> None:
    """:raises ConfigurationError: for what says how to hear, where nothing is heard."""
    for name in ('device', 'audio'):
        if name in chosen:
            raise ConfigurationError(
                f'{name} is {chosen[name]!r} but speech is empty: expected microphone, topic or '
                'a sound file'
            )
