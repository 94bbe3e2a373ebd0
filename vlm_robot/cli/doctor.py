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

"""`vlm-robot doctor`: look at a running graph, and say what is right and wrong with it."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from vlm_robot.cli import statuses
from vlm_robot.cli.client import cancel_on_interrupt, open_client
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.doctor.checks import examine
from vlm_robot.doctor.facts import Facts
from vlm_robot.doctor.finding import Finding, Level, worst
from vlm_robot.doctor.report import lines

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.core.cancel import CancelToken
    from vlm_robot.ros.examination import Examination

_LOOK_S = 0.1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--seconds', type=float, default=4.0, help='how long to look')
    parser.add_argument('--namespace', default='', help="of the robot's nodes")
    parser.add_argument('--strict', action='store_true', help='warnings count as wrong, too')


def run(args: argparse.Namespace) -> int:
    """Look for a while and print one screen; 0 if nothing is wrong."""
    with cancel_on_interrupt() as cancel:
        findings = _look(args, cancel)
        if cancel.is_set():
            return statuses.INTERRUPTED
    width = shutil.get_terminal_size((120, 24)).columns
    for line in lines(findings, width=width, coloured=sys.stdout.isatty()):
        print(line)
    limit = Level.WARN if args.strict else Level.ERROR
    return statuses.UNFIT if worst(findings) >= limit else statuses.OK


def _look(args: argparse.Namespace, cancel: CancelToken) -> list[Finding]:
    from vlm_robot.ros.examination import Examination

    with open_client(args.namespace) as client:
        examination = Examination(client.node)
        end_s = time.monotonic() + args.seconds
        while time.monotonic() < end_s and not cancel.wait(_LOOK_S):
            examination.look()
        return examine(_rehearsed(examination, client.node, cancel))


def _rehearsed(examination: Examination, node: Node, cancel: CancelToken) -> Facts:
    """Return what was seen, and what the next instruction would be refused for."""
    from vlm_robot.nodes.rehearsal import rehearse

    facts, remaps = examination.facts(), examination.remaps()
    parameters = facts.of('vlm_node')
    if facts.lifecycle != 'active' or not parameters:
        return facts  # which is what is wrong, then
    if not remaps:
        return replace(facts, unrehearsed='vlm_node told nothing of its topics on /diagnostics')
    try:
        rehearsals = rehearse(
            node, parameters, remaps=remaps, uses_tf=facts.uses_tf, cancel=cancel
        )
    except ConfigurationError as err:
        return replace(facts, unrehearsed=str(err))
    return replace(facts, rehearsals=rehearsals)
