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
Synthetic speakers: free engines of Debian and PyPI, in many voices, accents and speeds.

Four engines: espeak-ng (formants), Flite (statistical and diphones), Festival (recorded diphones,
HMM) and SVOX Pico (HMM, two women). Some voices are kept from training, to judge on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.speech.sound import RATE_HZ, Samples

_PROGRAMS = {'espeak': 'espeak-ng', 'flite': 'flite', 'festival': 'text2wave'}
_INSTALL = {
    'espeak': 'sudo apt-get install espeak-ng',
    'flite': 'sudo apt-get install flite',
    'festival': 'sudo apt-get install festival festvox-kallpc16k festvox-kdlpc16k '
    'festvox-us-slt-hts',
    'pico': 'pip install "vlm_robot[speech-training]"',
}
"""Engine -> what brings it and its voices."""
_WORDS_PER_MINUTE = 165
_PEAK = 0.5


@dataclass(frozen=True)
class Speaker:
    """
    One voice of an engine.

    :param engine: espeak, flite, festival or pico.
    :param voice: its name there; of espeak-ng also with a variant: 'en-us+f3'.
    """

    engine: str
    voice: str

    @property
    def name(self) -> str:
        """Engine and voice."""
        return f'{self.engine}:{self.voice}'

    @property
    def is_there(self) -> bool:
        """Whether its engine is installed."""
        return is_installed(self.engine)


def is_installed(engine: str) -> bool:
    """Whether an engine can be asked to speak."""
    if engine == 'pico':
        return find_spec('ttspico') is not None
    return shutil.which(_PROGRAMS[engine]) is not None


def drawn_speaker(
    speakers: Sequence[Speaker], shares: Mapping[str, float], rng: np.random.Generator
) -> Speaker:
    """
    Draw an engine first, and then one of its voices: so engines with few voices are heard as well.

    :param shares: how often an engine speaks, of those that are installed and have a speaker.
    :raises VlmRobotError: where there is none.
    """
    own = {speaker.engine for speaker in speakers}
    engines = [engine for engine in shares if engine in own and is_installed(engine)]
    if not engines:
        missing = '; '.join(_INSTALL[engine] for engine in shares if engine in own)
        raise VlmRobotError(f'nobody is there to speak: {missing}')
    weights = np.array([shares[engine] for engine in engines])
    engine = str(rng.choice(engines, p=weights / weights.sum()))
    voices = [speaker for speaker in speakers if speaker.engine == engine]
    return voices[int(rng.integers(len(voices)))]


def speech(speaker: Speaker, text: str, *, speed: float = 1.0, pitch: int = 50) -> Samples:
    """
    Return a text as a speaker says it, its loudest sample at 0.5.

    :param speed: 1 is the engine's own.
    :param pitch: 0 to 99, of espeak-ng and Pico only; 50 is the voice's own.
    :raises VlmRobotError: where the engine is not installed, or fails.
    """
    if not speaker.is_there:
        raise VlmRobotError(
            f'what speaks as {speaker.name} is not installed: {_INSTALL[speaker.engine]}'
        )
    if speaker.engine == 'pico':
        samples = _pico_speech(speaker, text, speed, pitch)
    else:
        samples = _program_speech(speaker, text, speed, pitch)
    loudest = max(float(np.abs(samples).max(initial=0.0)), 1e-6)
    return (samples * (_PEAK / loudest)).astype(np.float32)


def kept_speech(
    folder: Path, speaker: Speaker, text: str, *, speed: float = 1.0, pitch: int = 50
) -> Samples:
    """Return `speech`, from a folder where it was kept before."""
    key = f'{speaker.name}|{text}|{speed}|{pitch}'
    path = folder / f'{hashlib.sha1(key.encode()).hexdigest()}.npy'
    if path.exists():
        return np.load(path).astype(np.float32) / 32767
    samples = speech(speaker, text, speed=speed, pitch=pitch)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f'.{os.getpid()}')
    with part.open('wb') as file:
        np.save(file, np.round(samples * 32767).astype(np.int16))
    part.replace(path)
    return samples


def _program_speech(speaker: Speaker, text: str, speed: float, pitch: int) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'said.wav'
        done = subprocess.run(
            _command(speaker, text, speed, pitch, path),
            input=text.encode(), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode or not path.exists():
            raise VlmRobotError(f'{speaker.name} cannot say {text!r}: {done.stderr[-200:]!r}')
        samples, rate = soundfile.read(path, dtype='float32')
    return samples if rate == RATE_HZ else soxr.resample(samples, rate, RATE_HZ)


def _pico_speech(speaker: Speaker, text: str, speed: float, pitch: int) -> Samples:
    engine = _pico(speaker.voice)
    engine.rate, engine.pitch, engine.volume = round(100 * speed), 70 + round(0.6 * pitch), 50
    return np.frombuffer(engine.speak(text), np.int16).astype(np.float32) / np.float32(32768)


@cache
def _pico(voice: str) -> Any:
    from ttspico import TtsEngine

    return TtsEngine(voice)


def _command(speaker: Speaker, text: str, speed: float, pitch: int, path: Path) -> list[str]:
    program = _PROGRAMS[speaker.engine]
    if speaker.engine == 'espeak':
        rate = str(round(_WORDS_PER_MINUTE * speed))
        return [program, '-v', speaker.voice, '-s', rate, '-p', str(pitch), '-w', str(path),
                '--stdin']  # fmt: skip
    if speaker.engine == 'flite':
        stretch = f'duration_stretch={1 / speed:.3f}'
        return [program, '-voice', speaker.voice, '--setf', stretch, '-t', text, '-o', str(path)]
    return [program, '-eval', f'(voice_{speaker.voice})', '-eval',
            f"(Parameter.set 'Duration_Stretch {1 / speed:.3f})", '-o', str(path)]  # fmt: skip


_ACCENTS = (
    'en-us', 'en', 'en-gb-scotland', 'en-gb-x-rp', 'en-gb-x-gbclan', 'en-gb-x-gbcwmd', 'en-029',
    'en-us-nyc',
)  # fmt: skip
"""'en' is British: under its other name, 'en-gb', espeak-ng takes no variants."""
_VARIANTS = (
    '', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'f1', 'f2', 'f3', 'f4', 'f5', 'Alex',
    'Andy', 'Annie', 'Denis', 'Gene', 'Jacky', 'Lee', 'Mario', 'Michael', 'Mike', 'Storm', 'adam',
    'anika', 'benjamin', 'caleb', 'david', 'ed', 'edward', 'john', 'linda', 'marcelo', 'max',
    'michel', 'miguel', 'pablo', 'paul', 'pedro', 'quincy', 'rob', 'robert', 'sandro', 'shelby',
    'steph', 'steph3', 'travis', 'victor', 'zac', 'belinda', 'aunty', 'Alicia', 'Andrea',
)  # fmt: skip


def _espeak(accent: str, variant: str) -> Speaker:
    return Speaker('espeak', f'{accent}+{variant}' if variant else accent)


TRAINING_SPEAKERS = (
    *(_espeak(accent, variant) for accent in _ACCENTS for variant in _VARIANTS),
    Speaker('flite', 'kal16'),
    Speaker('flite', 'rms'),
    Speaker('pico', 'en-US'),
    Speaker('pico', 'en-GB'),
    Speaker('festival', 'ked_diphone'),
    Speaker('festival', 'kal_diphone'),
)
HELD_OUT_SPEAKERS = (
    Speaker('flite', 'awb'),
    Speaker('flite', 'slt'),
    Speaker('festival', 'cmu_us_slt_arctic_hts'),
    _espeak('en-us', 'Hugo'),
    _espeak('en', 'grandma'),
    _espeak('en-gb-x-rp', 'antonio'),
    _espeak('en-029', 'norbert'),
)
"""No sound of theirs is ever trained on: a Scotsman, an American, and four of espeak-ng's."""
