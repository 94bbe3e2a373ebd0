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

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.speech.sound import RATE_HZ, SoundError, SoundFault
from vlm_robot.speech.sources.sound_file import SoundFileSource


def tone(rate_hz: int, channels: int = 1, seconds: float = 1.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


def heard(source: SoundFileSource) -> np.ndarray:
    return np.concatenate([block.samples for block in source.blocks()])


def fault_of(path: Path | str) -> SoundError:
    with pytest.raises(SoundError) as caught:
        list(SoundFileSource(path).blocks())
    return caught.value


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / 'tone.wav'
    soundfile.write(path, tone(48_000, 2), 48_000)
    return path


@pytest.mark.parametrize('kind', ['wav', 'flac', 'ogg', 'mp3'])
@pytest.mark.parametrize(('rate_hz', 'channels'), [(16_000, 1), (44_100, 2), (8_000, 1)])
def test_a_file_of_any_kind_rate_and_channels_is_heard_as_it_is(
    tmp_path: Path, kind: str, rate_hz: int, channels: int
) -> None:
    path = tmp_path / f'tone.{kind}'
    soundfile.write(path, tone(rate_hz, channels), rate_hz)
    samples = heard(SoundFileSource(path, silence_s=0))
    assert samples.size == pytest.approx(RATE_HZ, abs=1500)  # MP3 pads
    inner = samples[2000:-2000]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(inner.size)))
    assert np.argmax(spectrum) * RATE_HZ / inner.size == pytest.approx(440, abs=3)
    assert np.abs(inner).max() == pytest.approx(0.5, abs=0.1)  # MP3 rings


def test_silence_follows_so_that_the_last_word_ends(wav: Path) -> None:
    samples = heard(SoundFileSource(wav, silence_s=0.5))
    assert samples.size == pytest.approx(1.5 * RATE_HZ, abs=5)
    assert not samples[RATE_HZ + 100 :].any()


def test_the_blocks_are_short_and_their_times_follow_the_sound(wav: Path) -> None:
    blocks = list(SoundFileSource(wav).blocks())
    sizes = np.array([block.samples.size for block in blocks])
    times = np.array([block.heard_s for block in blocks])
    assert sizes.max() <= 0.1 * RATE_HZ
    assert np.allclose(times - times[0], (np.cumsum(sizes) - sizes[0]) / RATE_HZ, atol=1e-3)


def test_a_paced_file_is_never_ahead_of_the_clock(tmp_path: Path) -> None:
    path = tmp_path / 'short.wav'
    soundfile.write(path, tone(16_000, seconds=0.2), 16_000)
    for block in SoundFileSource(path, paced=True, silence_s=0.1).blocks():
        assert block.heard_s <= time.monotonic()


def test_a_closed_source_ends_though_its_file_goes_on(wav: Path) -> None:
    source = SoundFileSource(wav, paced=True)
    blocks = source.blocks()
    next(blocks)
    source.close()
    source.close()
    assert list(blocks) == []


def test_one_channel_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / 'stereo.wav'
    frames = tone(16_000, 2)
    frames[:, 0] = 0
    soundfile.write(path, frames, 16_000)
    assert not heard(SoundFileSource(path, channel=0)).any()
    assert heard(SoundFileSource(path, channel=1)).max() == pytest.approx(0.5, abs=0.01)
    with pytest.raises(SoundError, match='no channel 2'):
        heard(SoundFileSource(path, channel=2))


def test_a_missing_file_is_absent_and_a_folder_or_pipe_is_no_sound(tmp_path: Path) -> None:
    pipe = tmp_path / 'pipe.wav'
    os.mkfifo(pipe)
    assert fault_of(tmp_path / 'none.wav').fault is SoundFault.ABSENT
    assert 'none.wav' in fault_of(tmp_path / 'none.wav').message
    assert fault_of('nul\0.wav').fault is SoundFault.ABSENT
    for path in (tmp_path, pipe, Path('/dev/zero')):
        assert fault_of(path).fault is SoundFault.NOT_SOUND


def without_samples(data: bytes) -> bytes:
    at = data.index(b'data')
    return data[: at + 4] + bytes(4)


@pytest.mark.parametrize(
    'change',
    [
        lambda data: b'',
        lambda data: b'hello, this is no sound',
        lambda data: data[:20],
        lambda data: data[:22] + struct.pack('<H', 10_000) + data[24:],
        lambda data: data[:22] + struct.pack('<H', 0) + data[24:],
        lambda data: data[:24] + struct.pack('<I', 0) + data[28:],
        without_samples,
    ],
    ids=['empty', 'text', 'cut header', '10000 channels', 'no channel', 'no rate', 'no samples'],
)
def test_a_file_that_is_no_sound_is_said_by_name(
    wav: Path, change: Callable[[bytes], bytes]
) -> None:
    wav.write_bytes(change(wav.read_bytes()))
    error = fault_of(wav)
    assert error.fault is SoundFault.NOT_SOUND
    assert str(wav) in error.message


def test_headerless_samples_are_no_sound(tmp_path: Path) -> None:
    path = tmp_path / 'tone.raw'
    path.write_bytes(bytes(1000))
    assert fault_of(path).fault is SoundFault.NOT_SOUND


@pytest.mark.parametrize('rate_hz', [1, 3_999, 192_001, 2**31 - 1])
def test_a_rate_that_nobody_records_at_is_a_wrong_format(wav: Path, rate_hz: int) -> None:
    data = wav.read_bytes()
    wav.write_bytes(data[:24] + struct.pack('<I', rate_hz) + data[28:])
    error = fault_of(wav)
    assert error.fault is SoundFault.WRONG_FORMAT
    assert str(rate_hz) in error.message


@pytest.mark.parametrize('kind', ['wav', 'flac', 'mp3'])
def test_a_truncated_file_is_heard_to_where_it_breaks_off_and_that_is_said(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f'cut.{kind}'
    soundfile.write(path, tone(48_000, 2), 48_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    blocks = []
    with pytest.raises(SoundError, match=r'breaks off after 0\.[0-9]+ s') as caught:
        blocks.extend(SoundFileSource(path).blocks())
    assert caught.value.fault is SoundFault.NOT_SOUND


def test_a_header_that_a_pipe_could_not_complete_is_no_fault(wav: Path) -> None:
    data = wav.read_bytes()
    at = data.index(b'data')
    wav.write_bytes(data[: at + 4] + struct.pack('<I', 0xFFFFFFFF) + data[at + 8 :])
    assert heard(SoundFileSource(wav, silence_s=0)).size == pytest.approx(RATE_HZ, abs=5)


@given(at=st.integers(0, 60), value=st.integers(0, 255))
@settings(max_examples=40)
def test_a_header_with_any_byte_changed_is_heard_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    path = tmp_path_factory.getbasetemp() / 'changed.wav'
    soundfile.write(path, tone(16_000, seconds=0.1), 16_000)
    data = bytearray(path.read_bytes())
    data[at] = value
    path.write_bytes(bytes(data))
    with contextlib.suppress(SoundError):
        assert np.isfinite(heard(SoundFileSource(path, silence_s=0))).all()


def test_samples_that_are_not_finite_are_said_on_their_block(tmp_path: Path) -> None:
    path = tmp_path / 'nan.wav'
    frames = tone(16_000)
    frames[8000] = np.nan
    soundfile.write(path, frames, 16_000, subtype='FLOAT')
    blocks = list(SoundFileSource(path).blocks())
    assert [block.fault for block in blocks].count(SoundFault.NOT_FINITE) == 1
    assert all(np.isfinite(block.samples).all() for block in blocks)
