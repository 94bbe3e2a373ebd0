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

"""`vlm-robot speech hear`: what speech_node would publish, without ROS."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import replace

from vlm_robot.cli import statuses
from vlm_robot.nodes import speech_parts as parts
from vlm_robot.nodes.speech_parameters import (
    RecogniserParameters,
    SpeechParameters,
    WakeParameters,
)
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.hearing import HeardAt, Hearing
from vlm_robot.speech.recognisers.registry import RECOGNISERS
from vlm_robot.speech.sound import SoundError
from vlm_robot.speech.sources.base import Block, Source
from vlm_robot.speech.sources.microphone import Microphone
from vlm_robot.speech.sources.sound_file import SoundFileSource

_UNDERSTOOD = frozenset({Kind.INSTRUCTION, Kind.STOP})


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    defaults = SpeechParameters()
    parser.add_argument('file', nargs='?', default='', help='a sound file; else a microphone')
    parser.add_argument('--device', default='', help='the microphone, by name or index')
    parser.add_argument('--channel', type=int, default=defaults.channel, help='from 0; -1: mean')
    parser.add_argument(
        '--recogniser', default=defaults.recogniser.name, choices=tuple(RECOGNISERS)
    )
    parser.add_argument('--model', default='', help="a path or hub name; the recogniser's own")
    parser.add_argument('--language', default='', help='as an ISO 639-1 code')
    parser.add_argument('--wake', default='', metavar='PHRASE', help='words to be said first')
    parser.add_argument(
        '--partial', action='store_true', help='also print what it sounds like so far'
    )


def run(args: argparse.Namespace) -> int:
    """Print what is heard, until the file ends or Ctrl-C; REFUSED if nothing was understood."""
    hearing = _hearing(args)
    source = _source(args)
    understood = 0
    try:
        start_s: float | None = None
        for block, heard in _heard(source, hearing):
            start_s = block.heard_s if start_s is None else start_s
            for one in heard:
                understood += one.heard.kind in _UNDERSTOOD
                print(_line(one, start_s), flush=True)
    except SoundError as err:
        print(f'vlm-robot: {err.message}', file=sys.stderr)
        return statuses.NO_SERVER
    except KeyboardInterrupt:
        return statuses.INTERRUPTED if not understood else statuses.OK
    finally:
        source.close()
    if not understood:
        print('vlm-robot: nothing was understood', file=sys.stderr)
    return statuses.OK if understood else statuses.REFUSED


def _hearing(args: argparse.Namespace) -> Hearing:
    p = replace(
        SpeechParameters(),
        recogniser=RecogniserParameters(args.recogniser, args.model, language=args.language),
        wake=WakeParameters(args.wake),
    )
    rule = parts.grammar(p)
    return Hearing(
        parts.segmenter(p),
        parts.spotter(p),
        parts.recogniser(p, rule),
        parts.dialogue(p, rule),
        partial_s=p.partial_s if args.partial else 0.0,
    )


def _source(args: argparse.Namespace) -> Source:
    if args.file:
        return SoundFileSource(args.file, channel=args.channel)
    return Microphone(args.device, channel=args.channel)


def _heard(source: Source, hearing: Hearing) -> Iterator[tuple[Block, tuple[HeardAt, ...]]]:
    for block in source.blocks():
        yield block, hearing.feed(block)


def _line(one: HeardAt, start_s: float) -> str:
    """Return when it was said, what is done, how sure that is, and what was said."""
    said = f'{one.span.start_s - start_s:7.2f} - {one.span.end_s - start_s:6.2f} s'
    sure = '    ' if math.isnan(one.heard.confidence) else f'{one.heard.confidence:4.2f}'
    return f'{said}  {one.heard.kind.name:<11} {sure}  {_words(one.heard)}'.rstrip()


def _words(heard: Heard) -> str:
    why = heard.question or heard.reason
    return '  '.join(filter(None, (heard.text, f'({why})' if why else '')))
