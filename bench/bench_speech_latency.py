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

"""
From the end of speech to its words, beside PocketSphinx on the whole utterance after its end.

    python bench/bench_speech_latency.py --rounds 3 --commands 20 --whisper openai/whisper-base

Silence that is waited for counts: a recogniser that is sure at a pause is believed then, another
at the end of the utterance. The alternative waits for the end, as it has no notion of sure.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from harness import CLOCKS, Goal, Samples, arguments, percentile, publish

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.activity_settings import ActivitySettings
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.jsgf import jsgf
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.grammar.rules import Rule
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.speech.sound import Samples as Sound
from vlm_robot.tuning.speech.noise import mixed, room
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS, speech

PLAIN = 'PocketSphinx after the end'
SEGMENTER = ActivitySettings()
NEVER = CancelToken()


@dataclass(frozen=True)
class Said:
    """A command, and how it sounds with the pause after it."""

    text: str
    paused: Sound
    ended: Sound


@dataclass(frozen=True)
class Heard:
    """What was understood, and how long after the end of speech."""

    text: str
    after_s: float
    computed_s: float


Hear = Callable[[Said], Heard]
Clock = Callable[[], float]


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument('--commands', type=int, default=20)
    parser.add_argument('--snr', type=float, default=20.0, help='of speech to room, in dB')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--whisper', default='', help='path or name of a model of transformers')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    now = CLOCKS[args.clock]
    rule = instruction_rule(vocabulary())
    said = spoken(rule, args.commands, args.snr, np.random.default_rng(args.seed))
    cases: dict[str, Hear] = {PLAIN: plain(rule, now)}
    for name, model in (('embedded', ''), ('pocketsphinx', ''), ('transformers', args.whisper)):
        if model or name != 'transformers':
            cases[name] = ours(name, RecogniserSettings(grammar=rule, model=model), now)
    heard: dict[str, list[list[Heard]]] = {name: [] for name in cases}
    for _ in range(args.rounds):
        for name, hear in cases.items():
            heard[name].append([hear(one) for one in said])
    tell(said, heard, f'in a room at {args.snr:g} dB; {args.threads} thread, {args.clock} time')


def tell(said: Sequence[Said], heard: dict[str, list[list[Heard]]], where: str) -> None:
    samples: Samples = {}
    right: dict[str, set[int]] = {}
    for name, rounds in heard.items():
        texts = [[one.text for one in found] for found in rounds]
        assert all(found == texts[0] for found in texts), f'{name} hears one sound in two ways'
        right[name] = {i for i, one in enumerate(said) if texts[0][i] == one.text}
        samples[name] = [one.after_s for found in rounds for one in found]
        samples[f'{name}, computing'] = [one.computed_s for found in rounds for one in found]
    for name, found in heard.items():
        for i in right[PLAIN] & right[name]:
            assert found[0][i].text == heard[PLAIN][0][i].text
    rows = [f'{name}: {len(found)} of {len(said)} commands right' for name, found in right.items()]
    least = percentile(samples['embedded'], 0.95)
    publish(
        'speech_latency',
        samples,
        baseline=PLAIN,
        title='From the end of speech to its words',
        notes=[
            f'{len(said)} commands of {len(HELD_OUT_SPEAKERS)} voices that were not trained on, '
            f'{where}',
            *rows,
            f'median length {statistics.median(one.paused.size for one in said) / RATE_HZ:.2f} s',
        ],
        goals=[Goal('embedded: p95, s', 0.5, least, False)],
    )


def spoken(rule: Rule, n: int, snr_db: float, rng: np.random.Generator) -> list[Said]:
    """Draw commands, said in turns by the voices that no model was trained on."""
    voices = [speaker for speaker in HELD_OUT_SPEAKERS if speaker.is_there]
    found = []
    for i, text in zip(range(n), sentences(rule, rng), strict=False):
        voice = trimmed(speech(voices[i % len(voices)], text))
        pauses = [np.zeros(int(s * RATE_HZ), np.float32) for s in (0.3, SEGMENTER.end_s)]
        whole = np.concatenate((pauses[0], voice, pauses[1]))
        heard = mixed(whole, room(whole.size, rng), snr_db)
        pause = int(SEGMENTER.pause_s * RATE_HZ)
        found.append(Said(text, heard[: pauses[0].size + voice.size + pause], heard))
    return found


def trimmed(voice: Sound) -> Sound:
    """Return speech without the silence around it."""
    loud = np.flatnonzero(np.abs(voice) > 0.01)
    return voice[loud[0] : loud[-1] + 1]


def ours(name: str, settings: RecogniserSettings, now: Clock) -> Hear:
    recogniser, guard = make_recogniser(name, settings), Guard()

    def hear(said: Said) -> Heard:
        start = now()
        found = recogniser.recognise(said.paused, NEVER)
        computed_s = now() - start
        if found.complete and found.confidence >= guard.accept:
            return Heard(found.text, SEGMENTER.pause_s + computed_s, computed_s)
        start = now()
        found = recogniser.recognise(said.ended, NEVER)
        again_s = now() - start
        waited_s = max(SEGMENTER.pause_s + computed_s, SEGMENTER.end_s)
        return Heard(found.text, waited_s + again_s, computed_s + again_s)

    return hear


def plain(rule: Rule, now: Clock) -> Hear:
    """Decode by PocketSphinx as its documentation does, once the utterance has ended."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RATE_HZ, loglevel='FATAL', lm=None)
    for word, ways in pronunciations(automaton(rule).words, ()).items():
        for number, phones in enumerate(filter(None, ways)):
            name = word if number == 0 else f'{word}({number + 1})'
            if decoder.lookup_word(name) is None:
                decoder.add_word(name, ' '.join(phones), update=True)
    decoder.add_jsgf_string('said', jsgf(rule))
    decoder.activate_search('said')

    def hear(said: Said) -> Heard:
        start = now()
        decoder.start_utt()
        sound = (np.clip(said.ended, -1, 1) * 32767).astype(np.int16)
        decoder.process_raw(sound.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        computed_s = now() - start
        return Heard(found.hypstr if found else '', SEGMENTER.end_s + computed_s, computed_s)

    return hear


if __name__ == '__main__':
    main()
