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
Fits how sure the embedded recogniser is: a logistic on commands, and on what is no command.

Voices of training alone, of which half of the sound is in noise at 5 to 20 dB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import VlmRobotError
from vlm_robot.speech.acoustic.model import AcousticModel
from vlm_robot.speech.decoding.confidence import Calibration, Signs, signs
from vlm_robot.speech.decoding.decoder import Decoder
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.essence import essence
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech.chatter import KINDS, chatter
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.noise import mixed, motor, room
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, drawn_speaker, kept_speech

_UTTERANCES = 2600
_SEED = 11
_COMMANDS = 0.65  # of the utterances
_ENGINES = {'espeak': 0.5, 'flite': 0.25, 'pico': 0.25}
_PRIOR = 0.05  # of the squares of the coefficients, against too few examples
_STEPS = 40


@dataclass(frozen=True)
class Example:
    """A decoding's signs, and whether its best sentence means what was said."""

    signs: Signs
    right: bool


def train(recipe: Path, work: Path, checkpoint: Path) -> None:
    """Fit the coefficients on the acoustic model that ships, and write them as JSON."""
    del recipe  # nothing of it is for this
    found = list(tqdm(examples(work / 'voices', seed=_SEED), total=_UTTERANCES, desc='heard'))
    calibration = fitted(found)
    path = checkpoint.with_suffix('.json')
    path.write_text(json.dumps(asdict(calibration), indent=2) + '\n', encoding='utf-8')


def examples(folder: Path, *, seed: int, utterances: int = _UTTERANCES) -> Iterator[Example]:
    """Yield what the embedded recogniser makes of commands and of other talk."""
    rng = np.random.default_rng(seed)
    grammar = automaton(instruction_rule(vocabulary()))
    model, decoder = AcousticModel(), Decoder(grammar, pronunciations(grammar.words))
    for text, samples in _said(folder, rng, utterances):
        decoded = decoder.decode(model.log_probabilities(samples), CancelToken())
        if decoded.sentences:
            best = decoded.sentences[0].words
            yield Example(signs(decoded), essence(best) == essence(text.split()))


def fitted(found: list[Example]) -> Calibration:
    """Return the logistic of the signs that makes what was seen likeliest, by Newton's method."""
    inputs = np.array([[1.0, *asdict(example.signs).values()] for example in found])
    right = np.array([float(example.right) for example in found])
    scale = np.append(1.0, np.maximum(inputs[:, 1:].std(0), 1e-6))
    weights = _newton(inputs / scale, right) / scale
    return Calibration(*map(float, weights))


def _newton(inputs: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.zeros(inputs.shape[1])
    prior = _PRIOR * len(inputs) / 10 * np.diag([0.0, *np.ones(inputs.shape[1] - 1)])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (right - chance) - prior @ weights
        bend = (inputs * (chance * (1 - chance) + 1e-6)[:, None]).T @ inputs + prior
        weights = weights + np.linalg.solve(bend, slope)
    return weights


def _said(
    folder: Path, rng: np.random.Generator, utterances: int
) -> Iterator[tuple[str, Samples]]:
    commander = Commander(rng)
    for _ in range(utterances):
        command = rng.uniform() < _COMMANDS
        kind = KINDS[int(rng.integers(len(KINDS)))]
        text = commander.command() if command else chatter(rng, kind)
        speaker = drawn_speaker(TRAINING_SPEAKERS, _ENGINES, rng)
        try:
            voice = kept_speech(folder, speaker, text)
        except VlmRobotError:  # a voice that cannot say this
            continue
        yield text, _heard(voice, rng)


def _heard(voice: Samples, rng: np.random.Generator) -> Samples:
    """Return a voice with pauses around it, every second in noise."""
    before, after = rng.uniform(0.1, 0.4, 2)
    whole = np.concatenate((
        np.zeros(int(before * RATE_HZ)), voice, np.zeros(int(after * RATE_HZ))
    )).astype(np.float32)  # fmt: skip
    noise = (motor if rng.uniform() < 0.5 else room)(whole.size, rng)
    return mixed(whole, noise, float(rng.uniform(5, 20)) if rng.uniform() < 0.5 else 40.0)
