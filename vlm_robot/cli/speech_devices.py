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

"""`vlm-robot speech devices`: the microphones of this machine."""

from __future__ import annotations

import argparse

from vlm_robot.cli import statuses
from vlm_robot.speech.sources.devices import Device, microphones
from vlm_robot.speech.sources.portaudio import load_portaudio


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command: none."""
    parser.description = 'List the microphones; the one that is taken by default has a star.'


def run(args: argparse.Namespace) -> int:
    """Print the microphones; a machine without one is no failure of this command."""
    devices = microphones(load_portaudio())
    if not devices:
        print('there is no microphone on this machine')
        return statuses.OK
    print('  index  channels     rate  name')
    for device in devices:
        print(line(device))
    return statuses.OK


def line(device: Device) -> str:
    """Return a device as a line of the table."""
    star = '*' if device.is_default else ' '
    return f'{star} {device.index:5}  {device.channels:8}  {device.rate_hz:6}  {device.name}'
