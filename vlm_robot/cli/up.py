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

"""`vlm-robot up`: start a graph of nodes and keep it until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from vlm_robot.bringup import Graph, sim_graph, vlm_graph
from vlm_robot.cli import statuses
from vlm_robot.supervisor import GraphError, Supervisor

READY_TIMEOUT_S = 180.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument(
        'graph', choices=('sim', 'vlm'), help='sim: everything; vlm: vlm_node, for your camera'
    )
    parser.add_argument('--seed', type=int, help='of the simulated scene')
    parser.add_argument('--backend', help='what runs the model, for example "local"')
    parser.add_argument('--model', help='a profile, or what the backend takes instead')
    parser.add_argument(
        '--log', type=Path, default=Path('out/up.log'), help='where the logs of all nodes go'
    )


def run(args: argparse.Namespace) -> int:
    """Start the graph; a node that ends takes the others with it."""
    chosen = {'backend.name': args.backend, 'backend.model': args.model}
    vlm = {name: value for name, value in chosen.items() if value is not None}
    graph = sim_graph(seed=args.seed, vlm=vlm) if args.graph == 'sim' else vlm_graph(vlm)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _keep(graph, args.log)
    except KeyboardInterrupt:
        return statuses.INTERRUPTED


def _keep(graph: Graph, log_path: Path) -> int:
    names = ', '.join(spec.name for spec in graph.nodes)
    print(f'starting {names}; logs go to {log_path}', flush=True)
    with Supervisor(graph, log_path=log_path, on_line=_warn) as supervisor:
        try:
            supervisor.wait_ready(READY_TIMEOUT_S)
            print('ready; Ctrl-C ends it', flush=True)
            supervisor.wait()
        except GraphError as err:
            print(f'vlm-robot: {err}', file=sys.stderr)
            return statuses.NO_SERVER
    return statuses.OK


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
