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

from collections.abc import Iterator
from typing import Any

import pytest
from fake_portaudio import (
    DEVICE_UNAVAILABLE,
    HOST_ERROR,
    INVALID_SAMPLE_RATE,
    FakePortAudio,
    PortAudioError,
)

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.devices import find_microphone, microphones
from vlm_robot.speech.sources.microphone import Microphone
from vlm_robot.speech.sources.portaudio import in_use, load_portaudio, look_again


def listening(fake: FakePortAudio, device: str = '', **changes: Any) -> Microphone:
    return Microphone(device, load=lambda: fake, **{'lost_after_s': 0.05, **changes})


def started(microphone: Microphone, fake: FakePortAudio) -> Iterator[Block]:
    """The blocks of a stream that is open: silence, until more is said."""
    blocks = microphone.blocks()
    original = fake.on_start

    def begin(format_: dict[str, Any]) -> Exception | None:
        error = original(format_)
        if error is None:
            fake.opened[-1].say(0.0)
        return error

    fake.on_start = begin
    next(blocks)
    return blocks


def fault_of(fake: FakePortAudio, device: str = '', **changes: Any) -> SoundError:
    with pytest.raises(SoundError) as caught:
        list(listening(fake, device, **changes).blocks())
    return caught.value


def test_what_the_device_hears_comes_in_blocks_of_its_own_memory() -> None:
    fake = FakePortAudio('desk')
    blocks = started(listening(fake), fake)
    assert fake.playing is not None
    fake.playing.say(0.25)
    block = next(blocks)
    assert (block.samples == 0.25).all()
    assert block.samples.size == 320
    assert fake.playing.format['samplerate'] == 16_000


def test_a_device_that_refuses_16_khz_is_heard_at_its_own_rate() -> None:
    def refuse(format_: dict[str, Any]) -> Exception | None:
        wrong = PortAudioError('Invalid sample rate', INVALID_SAMPLE_RATE)
        return wrong if format_['samplerate'] != 48_000 else None

    fake = FakePortAudio('desk', on_start=refuse)
    blocks = listening(fake).blocks()

    def say(format_: dict[str, Any]) -> Exception | None:
        error = refuse(format_)
        for _ in range(0 if error else 20):
            fake.opened[-1].say(0.25)
        return error

    fake.on_start = say
    heard = [next(blocks) for _ in range(3)]
    assert heard[-1].samples[-1] == pytest.approx(0.25, abs=0.01)
    assert [stream.is_open for stream in fake.opened] == [False, True]


def test_no_rate_that_works_is_a_wrong_format_and_another_program_makes_it_busy() -> None:
    rate = PortAudioError('Invalid sample rate', INVALID_SAMPLE_RATE)
    busy = PortAudioError('Device unavailable', DEVICE_UNAVAILABLE)
    host = PortAudioError('Unanticipated host error', HOST_ERROR, (2, -16, 'Device busy'))
    other = PortAudioError('Unanticipated host error', HOST_ERROR, (2, -19, 'No such device'))
    errors = [rate, busy, host, other]
    faults = [fault_of(FakePortAudio('desk', on_start=lambda _, e=e: e)).fault for e in errors]
    assert faults == [
        SoundFault.WRONG_FORMAT, SoundFault.BUSY, SoundFault.BUSY, SoundFault.ABSENT,
    ]  # fmt: skip


def test_a_machine_without_microphones_says_so() -> None:
    error = fault_of(FakePortAudio())
    assert (error.fault, error.message) == (
        SoundFault.ABSENT,
        'there is no microphone on this machine',
    )


def test_a_name_that_is_not_there_is_absent_and_the_sentence_lists_what_is() -> None:
    error = fault_of(FakePortAudio('desk', 'headset'), 'camera')
    assert error.fault is SoundFault.ABSENT
    assert "'camera'" in error.message
    assert "1 'headset'" in error.message


def test_a_microphone_that_falls_silent_without_a_word_is_lost() -> None:
    fake = FakePortAudio('desk')
    blocks = started(listening(fake), fake)
    with pytest.raises(SoundError, match="'desk' went away") as caught:
        next(blocks)
    assert caught.value.fault is SoundFault.LOST
    assert fake.playing is not None
    assert not fake.playing.is_open


def test_a_microphone_that_is_unplugged_is_lost_at_once() -> None:
    fake = FakePortAudio('desk')
    blocks = started(listening(fake, lost_after_s=3600.0), fake)
    assert fake.playing is not None
    fake.playing.end()
    with pytest.raises(SoundError) as caught:
        next(blocks)
    assert caught.value.fault is SoundFault.LOST


def test_samples_that_portaudio_lost_are_said_on_their_block() -> None:
    fake = FakePortAudio('desk')
    blocks = started(listening(fake), fake)
    assert fake.playing is not None
    fake.playing.say(0.1, overflow=True)
    assert next(blocks).fault is SoundFault.OVERRUN


def test_a_closed_microphone_ends_and_its_device_is_free_again() -> None:
    fake = FakePortAudio('desk')
    microphone = listening(fake)
    blocks = started(microphone, fake)
    microphone.close()
    microphone.close()
    assert list(blocks) == []
    assert fake.playing is not None
    assert not fake.playing.is_open


def test_a_channel_that_the_device_lacks_is_a_wrong_format() -> None:
    error = fault_of(FakePortAudio('desk', channels=2), channel=2)
    assert error.fault is SoundFault.WRONG_FORMAT
    assert 'channel 2' in error.message


def test_the_list_of_devices_is_made_anew_only_while_nobody_uses_one() -> None:
    fake = FakePortAudio('desk')
    with in_use():
        look_again(fake)
        assert fake.looked == 0
    look_again(fake)
    assert fake.looked == 1


def test_microphones_are_found_by_index_and_by_a_part_of_their_name() -> None:
    fake = FakePortAudio('desk', 'USB Headset')
    assert [device.is_default for device in microphones(fake)] == [True, False]
    for wanted in ('1', 'headset', ' usb head '):
        assert find_microphone(fake, wanted).name == 'USB Headset'
    assert find_microphone(fake, '').index == 0


def test_the_real_portaudio_lists_what_there_is_or_names_what_is_missing() -> None:
    pytest.importorskip('_sounddevice')
    try:
        found = microphones(load_portaudio())
    except SoundError as err:
        assert 'libportaudio2' in err.message  # noqa: PT017  either is right
    else:
        assert all(device.channels > 0 for device in found)


def test_a_machine_on_which_no_microphone_opens_says_so_through_the_real_portaudio() -> None:
    pytest.importorskip('_sounddevice')
    with pytest.raises(SoundError, match='microphone') as caught:
        list(Microphone('no microphone is called like this').blocks())
    assert caught.value.fault is SoundFault.ABSENT
