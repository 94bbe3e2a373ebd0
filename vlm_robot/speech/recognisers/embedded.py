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
The embedded recogniser: phones by the acoustic model that ships, decoded through the grammar.

It hears no other sentences than the grammar's. Where the sound does not fit, it says so by a low
confidence, and names the word that it takes for one of nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.model import AcousticModel
from vlm_robot.speech.decoding.confidence import Calibration, signs
from vlm_robot.speech.decoding.decoder import Decoded, Decoder
from vlm_robot.speech.decoding.graph import UNKNOWN
from vlm_robot.speech.decoding.naming import Namer, common_words
from vlm_robot.speech.decoding.trellis import Scores
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings
from vlm_robot.speech.sound import Samples

_CALIBRATION = Path(__file__).parents[1] / 'decoding' / 'confidence.json'
_HYPOTHESES = 3
_UNKNOWN_GAIN = 4.0
"""So much better the sentence must fit with a word that nobody knows."""
_SURE = 0.8
"""From this confidence on, words are not doubted."""


class EmbeddedRecogniser:
    """
    Hears English commands without a network and without a graphics card.

    :param settings: `grammar` is needed; `model` is a checkpoint of the acoustic model.
    :raises ConfigurationError: without a grammar, for words that nobody knows how to say, and for
        a checkpoint that is none.
    :raises MissingPackageError: without PyTorch.
    """

    def __init__(self, settings: RecogniserSettings) -> None:
        if settings.grammar is None:
            raise ConfigurationError("the recogniser 'embedded' needs a grammar")
        if settings.language not in ('', 'en'):
            raise ConfigurationError(
                f"the recogniser 'embedded' hears English ('en'), not {settings.language!r}"
            )
        grammar = automaton(settings.grammar)
        self.name = f'embedded:{Path(settings.model).stem}' if settings.model else 'embedded'
        self._model = AcousticModel(Path(settings.model) if settings.model else None)
        self._decoder = Decoder(grammar, pronunciations(grammar.words, settings.pronunciations))
        self._calibration = Calibration.read(_CALIBRATION)
        self._namer = Namer(common_words(), grammar.words)

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """Return what was said; see `Recogniser.recognise`."""
        cancel.check()
        rows = self._model.log_probabilities(samples)
        cancel.check()
        decoded = self._decoder.decode(rows, cancel)
        if not decoded.sentences:
            return Recognition(complete=False, language='en')
        if decoded.beginning:
            return _unfinished(decoded)
        found = self._hypotheses(decoded)
        doubted = found[0].confidence < _SURE
        unknown = tuple(self._unknown(decoded, rows, cancel)) if doubted else ()
        return Recognition(hypotheses=found, unknown=unknown, language='en')

    def close(self) -> None:
        """Do nothing: memory is all that it holds."""

    def _hypotheses(self, decoded: Decoded) -> tuple[Hypothesis, ...]:
        return hypotheses(decoded, self._calibration)

    def _unknown(self, decoded: Decoded, rows: Scores, cancel: CancelToken) -> Iterator[str]:
        """Yield words for what is in a sentence of the grammar and fits no word of it."""
        freely = decoded.freely
        if freely is None or freely.words == (UNKNOWN,):
            return
        if freely.score - decoded.sentences[0].score < _UNKNOWN_GAIN:
            return
        for word, (begin, end) in zip(freely.words, freely.spans, strict=True):
            if word == UNKNOWN and (name := self._namer.name(rows[begin:end], cancel)):
                yield name


def hypotheses(decoded: Decoded, calibration: Calibration) -> tuple[Hypothesis, ...]:
    """Return the best sentences; the others share what the best one leaves."""
    best, *others = decoded.sentences[:_HYPOTHESES]
    sure = calibration.confidence(signs(decoded))
    rest = (1 - sure) / max(len(others), 1)
    return (
        Hypothesis(best.text, sure),
        *(Hypothesis(other.text, min(sure, rest)) for other in others),
    )


def _unfinished(decoded: Decoded) -> Recognition:
    """A sentence that has only begun: nobody should act on it."""
    assert decoded.beginning is not None
    words = [word for word in decoded.beginning.words if word != UNKNOWN]
    said = (Hypothesis(' '.join(words), 0.0),) if words else ()
    return Recognition(hypotheses=said, complete=False, language='en')
