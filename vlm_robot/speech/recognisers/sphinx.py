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
PocketSphinx with a grammar: it was trained on people, where our own model was on synthesis.

Its confidence compares the sentence with a loop of phones, which anything said fits.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError, MissingPackageError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.jsgf import jsgf
from vlm_robot.speech.grammar.pronunciations import Pronunciations, pronunciations
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings
from vlm_robot.speech.sound import RATE_HZ, Samples

if TYPE_CHECKING:
    from pocketsphinx import Config, Decoder

_HYPOTHESES = 3
_RANKED = 10  # of which some differ in pronunciation alone
_SHORTEST = RATE_HZ // 10
_QUIETEST = 1e-4  # as a root mean square
_LOG_BASE = 1.0001
_FRAME = 160  # samples
_SPREAD = 2.0  # of scores for each frame, in PocketSphinx's logarithms


class SphinxRecogniser:
    """
    Hears English commands by PocketSphinx.

    :param settings: `grammar` is needed; `model` is a folder with another acoustic model.
    :raises ConfigurationError: without a grammar, for words that nobody knows how to say, and for
        a model that is none.
    :raises MissingPackageError: where it is not installed.
    """

    def __init__(self, settings: RecogniserSettings) -> None:
        if find_spec('pocketsphinx') is None:
            raise MissingPackageError('pocketsphinx', 'speech')
        if settings.grammar is None:
            raise ConfigurationError("the recogniser 'pocketsphinx' needs a grammar")
        said = pronunciations(automaton(settings.grammar).words, settings.pronunciations)
        self.name = 'pocketsphinx' + (f':{Path(settings.model).name}' if settings.model else '')
        with tempfile.TemporaryDirectory() as folder:
            dictionary = Path(folder) / 'commands.dict'
            dictionary.write_text(''.join(_entries(said)), encoding='utf-8')
            self._grammar = _decoder(settings.model, dictionary)
            self._grammar.add_jsgf_string('commands', jsgf(settings.grammar))
            self._grammar.activate_search('commands')
            self._phones = _decoder(settings.model, None)

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """Return what was said; see `Recogniser.recognise`."""
        cancel.check()
        if samples.size < _SHORTEST or float(np.sqrt(np.mean(samples**2))) < _QUIETEST:
            return Recognition(complete=False, language='en')
        sound = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        _decode(self._grammar, sound, cancel)
        best = self._grammar.hyp()
        if best is None or not best.hypstr:
            return Recognition(complete=False, language='en')
        _decode(self._phones, sound, cancel)
        return Recognition(
            tuple(self._hypotheses(_confidence(self._grammar, self._phones, sound.size))),
            language='en',
        )

    def close(self) -> None:
        """Do nothing: memory is all that it holds."""

    def _hypotheses(self, sure: float) -> Iterator[Hypothesis]:
        ranked = islice(self._grammar.nbest(), _RANKED)
        texts = dict.fromkeys((self._grammar.hyp().hypstr, *(h.hypstr for h in ranked if h)))
        best, *others = list(texts)[:_HYPOTHESES]
        yield Hypothesis(best, sure)
        for other in others:
            yield Hypothesis(other, min(sure, (1 - sure) / len(others)))


def _decoder(model: str, dictionary: Path | None) -> Decoder:
    """Return a decoder by a dictionary, or one of phones alone."""
    from pocketsphinx import Config, Decoder, get_model_path

    config: Config = Config(samprate=RATE_HZ, loglevel='FATAL', lm=None, cmn='batch')
    config['hmm'] = model or get_model_path('en-us/en-us')
    if dictionary is None:
        config['dict'] = None
        config['allphone'] = get_model_path('en-us/en-us-phone.lm.bin')
    else:
        config['dict'] = str(dictionary)
    try:
        return Decoder(config)
    except (RuntimeError, ValueError) as err:
        raise ConfigurationError(f'{model!r} is no model of PocketSphinx: {err}') from err


def _decode(decoder: Decoder, sound: np.ndarray, cancel: CancelToken) -> None:
    try:
        decoder.start_utt()
        try:
            decoder.process_raw(sound.tobytes(), full_utt=True)
        finally:
            decoder.end_utt()
    except RuntimeError as err:
        raise Refusal(Outcome.MODEL_ERROR, f'PocketSphinx failed: {err}') from err
    cancel.check()


def _confidence(grammar: Decoder, phones: Decoder, samples: int) -> float:
    """A half where phones in any order fit as well as the sentence."""
    free, best = phones.hyp(), grammar.hyp()
    if free is None or not free.score or not best.score:
        return 0.0
    worse = math.log(free.score / best.score) / math.log(_LOG_BASE) / (samples / _FRAME)
    return 1 / (1 + math.exp(min(max(worse / _SPREAD, -30.0), 30.0)))


def _entries(said: Pronunciations) -> Iterator[str]:
    """Yield the lines of a dictionary; what may be left out is always said here."""
    for word, ways in said.items():
        for number, phones in enumerate(filter(None, ways), start=1):
            numbered = word if number == 1 else f'{word}({number})'
            yield f'{numbered} {" ".join(phones)}\n'
