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

"""Engines make sound of text, whatever the text holds, and say what is wrong with them."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.speech.voices.base import Voice
from vlm_robot.speech.voices.registry import make_voice
from vlm_robot.speech.voices.wave import MAX_CHARACTERS, as_samples, plain_text

needs_espeak = pytest.mark.skipif(
    shutil.which('espeak-ng') is None, reason='espeak-ng is not installed'
)


def made(engine: str, voice: str = '') -> Voice:
    voice_made = make_voice(engine, voice)
    assert voice_made is not None
    return voice_made


def is_speech(samples: np.ndarray) -> bool:
    return (
        samples.dtype == np.float32
        and samples.size > RATE_HZ // 5
        and 0.05 < float(np.abs(samples).max(initial=0.0)) <= 0.8 + 1e-6
    )


def test_no_engine_makes_no_voice() -> None:
    assert make_voice('') is None


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="'espeek': known are espeak, piper"):
        make_voice('espeek')


@needs_espeak
def test_espeak_says_a_question() -> None:
    voice = made('espeak', 'en-gb+f3')
    short, long = voice.speak('yes'), voice.speak('I see two red cubes, which one?')
    assert voice.name == 'espeak:en-gb+f3'
    assert is_speech(short)
    assert is_speech(long)
    assert long.size > 2 * short.size


@needs_espeak
@pytest.mark.parametrize(
    'text',
    ['-f /etc/hostname', '--voices', '<break time="30s"/>hi', "[[h@'loU]]", 'a\0b', '\x1b7'],
)
def test_what_looks_like_an_option_or_a_mark_is_only_read_out(text: str) -> None:
    samples = made('espeak').speak(text)
    assert is_speech(samples)
    assert samples.size < 5 * RATE_HZ


@needs_espeak
@pytest.mark.parametrize('text', ['', '   ', '<<>>', '...', '\0'])
def test_nothing_to_say_is_no_sound(text: str) -> None:
    assert made('espeak').speak(text).size == 0


@needs_espeak
@pytest.mark.parametrize('voice', ['nosuch', '-x', 'en-us; ls', '../en', 'en+'])
def test_a_voice_that_espeak_lacks_is_refused(voice: str) -> None:
    with pytest.raises(ConfigurationError, match='voice'):
        make_voice('espeak', voice)


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '/nonexistent')
    with pytest.raises(ConfigurationError, match='apt-get install espeak-ng'):
        make_voice('espeak')


@given(st.text(max_size=2000))
def test_plain_text_is_short_and_has_no_marks(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) <= MAX_CHARACTERS
    assert not set(plain) & set('<>[]{}|&_/\\\n\r\0')
    assert plain_text(plain) == plain


@given(st.integers(1, 4000), st.sampled_from([8000, 16000, 22050, 44100]))
def test_sound_of_any_rate_keeps_its_length_and_is_not_too_loud(n: int, rate_hz: int) -> None:
    wave = np.random.default_rng(n).normal(size=n).astype(np.float32)
    samples = as_samples(wave, rate_hz)
    assert abs(samples.size - n * RATE_HZ / rate_hz) <= 2
    assert float(np.abs(samples).max(initial=0.0)) <= 0.8 + 1e-6


def test_broken_samples_of_an_engine_become_silence() -> None:
    samples = as_samples(np.array([np.nan, np.inf, 0.1], np.float32), RATE_HZ)
    assert np.isfinite(samples).all()


def test_a_voice_of_piper_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'nosuch\.onnx'):
        make_voice('piper', str(tmp_path / 'nosuch.onnx'))
    with pytest.raises(ConfigurationError, match='expected the path'):
        make_voice('piper')


def test_a_file_that_is_no_voice_of_piper_is_refused(tmp_path: Path) -> None:
    pytest.importorskip('piper')
    (tmp_path / 'voice.onnx').write_bytes(b'no network')
    (tmp_path / 'voice.onnx.json').write_text('{}')
    with pytest.raises(ConfigurationError, match='is no voice of piper'):
        make_voice('piper', str(tmp_path / 'voice.onnx'))


def test_piper_speaks_with_a_voice_given_by_its_path(tmp_path: Path) -> None:
    pytest.importorskip('piper')
    path = tmp_path / 'buzz.onnx'
    path.write_bytes(buzzing_voice())
    settings = {
        'num_symbols': 256,
        'num_speakers': 1,
        'audio': {'sample_rate': 22050},
        'espeak': {'voice': 'en-us'},
        'phoneme_id_map': {chr(code): [code] for code in range(256)},
        'phoneme_type': 'text',
    }
    (tmp_path / 'buzz.onnx.json').write_text(json.dumps(settings))
    voice = made('piper', str(path))
    assert voice.name == 'piper:buzz'
    samples = voice.speak('hello ' * 100)
    assert samples.size > 400
    assert 0.1 < float(np.abs(samples).max(initial=0.0)) <= 0.8 + 1e-6
    assert voice.speak('').size == 0


def buzzing_voice() -> bytes:
    """Return a network as Piper's, whose sound is its symbols: ONNX, written by hand."""

    def field(number: int, value: bytes | str | int) -> bytes:
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        data = value.encode() if isinstance(value, str) else value
        return varint(number << 3 | 2) + varint(len(data)) + data

    def varint(value: int) -> bytes:
        out = bytearray()
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        return bytes([*out, value])

    def node(kind: str, given: list[str], gives: str, extra: bytes = b'') -> bytes:
        names = b''.join(field(1, name) for name in given)
        return field(1, names + field(2, gives) + field(4, kind) + extra)

    def tensor_type(name: str, kind: int, *sizes: str | int) -> bytes:
        shape = b''.join(field(1, field(1 if isinstance(s, int) else 2, s)) for s in sizes)
        return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))

    to_float = field(5, field(1, 'to') + field(3, 1) + field(20, 2))
    scale = field(2, 1) + field(8, 'scale') + field(9, struct.pack('<f', 1 / 256))
    graph = (
        node('Cast', ['input'], 'numbers', to_float)
        + node('Mul', ['numbers', 'scale'], 'output')
        + field(2, 'buzz')
        + field(5, scale)
        + field(11, tensor_type('input', 7, 'batch', 'phonemes'))
        + field(11, tensor_type('input_lengths', 7, 'batch'))
        + field(11, tensor_type('scales', 1, 3))
        + field(12, tensor_type('output', 1, 'batch', 'time'))
    )
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))
