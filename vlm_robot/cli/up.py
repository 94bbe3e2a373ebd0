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
import subprocess
import sys
from pathlib import Path
from types import FrameType

from vlm_robot.bringup.graph import PACKAGE, Graph
from vlm_robot.bringup.graphs import GRAPHS, GraphKind
from vlm_robot.bringup.supervisor import GraphError, Supervisor
from vlm_robot.cli import statuses

READY_TIMEOUT_S = 180.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command: those of each graph."""
    graphs = parser.add_subparsers(metavar='GRAPH', dest='graph', required=True)
    for name, kind in GRAPHS.items():
        _configure_graph(
            graphs.add_parser(name, help=kind.summary, description=kind.summary), kind
        )


def run(args: argparse.Namespace) -> int:
    """Start the graph; a node that ends takes the others with it."""
    kind = GRAPHS[args.graph]
    typed = {a.name: getattr(args, a.name) or '' for a in kind.arguments}
    graph = kind.start(typed)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _keep(graph, args.log)
    except KeyboardInterrupt:
        return statuses.INTERRUPTED


def _configure_graph(parser: argparse.ArgumentParser, kind: GraphKind) -> None:
    for argument in kind.arguments:
        parser.add_argument(
            '--' + argument.name.replace('_', '-'),
            dest=argument.name,
            choices=argument.choices or None,
            help=argument.description,
        )
    parser.add_argument(
        '--log', type=Path, default=Path('out/up.log'), help='where the logs of all nodes go'
    )


def _keep(graph: Graph, log_path: Path) -> int:
    names = ', '.join(spec.name for spec in graph.nodes)
    print(f'starting {names}; logs go to {log_path}', flush=True)
    with Supervisor(graph, log_path=log_path, on_line=_warn) as supervisor:
        try:
            supervisor.wait_ready(READY_TIMEOUT_S)
            print('ready; Ctrl-C ends it', flush=True)
            if graph.command:
                return _run_beside(graph.command)
            supervisor.wait()
        except GraphError as err:
            print(f'vlm-robot: {err}', file=sys.stderr)
            return statuses.USAGE if err.is_misconfigured else statuses.NO_SERVER
    return statuses.OK


def _run_beside(command: tuple[str, ...]) -> int:
    """Run the graph's own command, and return its status."""
    return subprocess.run([sys.executable, '-m', f'{PACKAGE}.cli.main', *command]).returncode


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
