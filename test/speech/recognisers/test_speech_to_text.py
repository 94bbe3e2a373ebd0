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

"""Models of transformers listen: real architectures, loaded by path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip('torch')

import numpy as np
from tiny_listeners import SAVED, WINDOW_S, save_whisper, sound

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.rules import choice, sequence
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.recognisers.transcribing.fitting import Sentences
from vlm_robot.speech.recognisers.transcribing.loading import load
from vlm_robot.speech.recognisers.transcribing.seq2seq import SequenceTranscriber
from vlm_robot.speech.recognisers.transcribing.whisper import WhisperTranscriber
from vlm_robot.speech.recognisers.transcribing.wording import as_words
from vlm_robot.speech.sound import RATE_HZ

pytestmark = pytest.mark.torch

RULE = sequence(choice('pick up', 'push'), 'the', choice('red', 'blue'), choice('cube', 'bowl'))


@pytest.fixture(scope='module')
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp('listeners')
    return {name: save(root / name) for name, save in SAVED.items()}


@pytest.fixture(scope='module', params=sorted(SAVED))
def recogniser(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Iterator[Recogniser]:
    made = make_recogniser('transformers', settings(folders[request.param]))
    yield made
    made.close()


def settings(folder: Path, language: str = '', device: str = 'cpu') -> RecogniserSettings:
    return RecogniserSettings(grammar=RULE, model=str(folder), device=device, language=language)


def test_what_is_heard_is_in_words_with_a_confidence(recogniser: Recogniser) -> None:
    assert recogniser.name.startswith('transformers:')
    for seed in range(3):
        found = recogniser.recognise(sound(seed=seed), CancelToken())
        assert all(h.text == as_words(h.text) != '' for h in found.hypotheses)
        assert all(0 <= h.confidence <= 1 for h in found.hypotheses)


@pytest.mark.parametrize('samples', [np.zeros(0), np.zeros(RATE_HZ), np.full(50, 0.5)])
def test_silence_and_a_click_are_nothing(recogniser: Recogniser, samples: np.ndarray) -> None:
    found = recogniser.recognise(samples.astype(np.float32), CancelToken())
    assert found.hypotheses == ()


def test_short_and_endless_sound_is_taken(recogniser: Recogniser) -> None:
    assert all(h.text for h in recogniser.recognise(sound(0.15), CancelToken()).hypotheses)
    assert not recogniser.recognise(sound(31), CancelToken()).complete, 'it was cut off'


def test_the_same_sound_is_heard_the_same_again(recogniser: Recogniser) -> None:
    assert recogniser.recognise(sound(), CancelToken()) == recogniser.recognise(
        sound(), CancelToken()
    )


def test_what_is_canceled_is_refused_with_its_reason(recogniser: Recogniser) -> None:
    cancel = CancelToken()
    cancel.cancel('never mind')
    with pytest.raises(Refusal, match='never mind') as refused:
        recogniser.recognise(sound(), cancel)
    assert refused.value.outcome is Outcome.CANCELED


def test_broken_samples_are_refused_and_the_next_are_heard(recogniser: Recogniser) -> None:
    with pytest.raises(Refusal, match='not finite') as refused:
        recogniser.recognise(np.full(RATE_HZ, np.nan, np.float32), CancelToken())
    assert refused.value.outcome is Outcome.MODEL_ERROR
    recogniser.recognise(sound(), CancelToken())


@pytest.mark.parametrize('name', ['whisper', 'moonshine'])
def test_a_decoder_that_is_kept_to_a_grammar_writes_its_sentences_alone(
    folders: dict[str, Path], name: str
) -> None:
    model, processor = load(str(folders[name]), 'cpu')
    kind = WhisperTranscriber if name == 'whisper' else SequenceTranscriber
    transcriber = kind(model, processor, language='')
    listening = transcriber.listen(sound(), CancelToken())
    assert listening.written_within() == ()
    transcriber.keep_within(automaton(RULE))
    found = listening.written_within()
    assert len(found) > 1
    said = [as_words(transcript.text) for transcript in found]
    fitting = Sentences(automaton(RULE))
    assert all(fitting.canonical(text) for text in said), said
    assert all(t.total <= t.mean <= 0 for t in found), 'many tokens are less likely than one'


@pytest.mark.parametrize('name', ['whisper', 'moonshine'])
def test_a_search_ends_when_it_is_canceled_between_two_tokens(
    folders: dict[str, Path], name: str
) -> None:
    model, processor = load(str(folders[name]), 'cpu')
    kind = WhisperTranscriber if name == 'whisper' else SequenceTranscriber
    cancel = CancelToken()
    listening = kind(model, processor, language='').listen(sound(), cancel)
    passes = []
    hook = model.get_output_embeddings().register_forward_hook(
        lambda *_: (
            (passes.append(1), cancel.cancel('stopped') if len(passes) == 2 else None)[2:] or None
        )
    )
    with pytest.raises(Refusal, match='stopped'):
        listening.written()
    hook.remove()
    assert len(passes) == 2


def test_whisper_tells_silence_by_its_first_token(tmp_path: Path) -> None:
    quiet = save_whisper(tmp_path / 'quiet', first='<|nospeech|>')
    model, processor = load(str(quiet), 'cpu')
    listening = WhisperTranscriber(model, processor, language='').listen(sound(), CancelToken())
    assert listening.silence > 0.99
    found = make_recogniser('transformers', settings(quiet)).recognise(sound(), CancelToken())
    assert found.hypotheses == ()


def test_whisper_finds_the_language_out_unless_it_is_told(tmp_path: Path) -> None:
    german = save_whisper(tmp_path / 'german', first='<|de|>')
    model, processor = load(str(german), 'cpu')
    for told, found in (('', 'de'), ('en', 'en')):
        transcriber = WhisperTranscriber(model, processor, language=told)
        assert transcriber.listen(sound(), CancelToken()).language == found


def test_a_language_that_whisper_does_not_know_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(ConfigurationError, match="'xx' is not known: expected en, de"):
        make_recogniser('transformers', settings(folders['whisper'], language='xx'))


def test_the_window_is_what_the_model_takes_at_once(folders: dict[str, Path]) -> None:
    model, processor = load(str(folders['whisper']), 'cpu')
    assert WhisperTranscriber(model, processor, language='').window_s == WINDOW_S


def test_a_closed_recogniser_refuses(folders: dict[str, Path]) -> None:
    made = make_recogniser('transformers', settings(folders['wav2vec2']))
    made.close()
    made.close()
    with pytest.raises(Refusal, match='is closed'):
        made.recognise(sound(), CancelToken())


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='does not exist'):
        make_recogniser('transformers', settings(tmp_path / 'nosuch'))


def test_a_hub_name_that_cannot_be_fetched_is_refused() -> None:
    wanted = RecogniserSettings(model='nobody/nosuch-model-of-speech')
    with pytest.raises(ConfigurationError, match='nobody/nosuch-model-of-speech'):
        make_recogniser('transformers', wanted)


def test_pickled_weights_are_refused(tmp_path: Path, folders: dict[str, Path]) -> None:
    for name in ('config.json', 'preprocessor_config.json', 'tokenizer_config.json'):
        if (folders['wav2vec2'] / name).exists():
            (tmp_path / name).write_bytes((folders['wav2vec2'] / name).read_bytes())
    (tmp_path / 'pytorch_model.bin').write_bytes(b'pickle')
    with pytest.raises(ConfigurationError, match='pickled weights are not loaded'):
        make_recogniser('transformers', settings(tmp_path))


def test_a_model_that_does_not_listen_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'config.json').write_text(json.dumps({'model_type': 'bert'}))
    (tmp_path / 'model.safetensors').write_bytes(b'')
    with pytest.raises(ConfigurationError, match=r"of type 'bert': expected one that writes"):
        make_recogniser('transformers', settings(tmp_path))


def test_a_damaged_file_is_refused(tmp_path: Path, folders: dict[str, Path]) -> None:
    for file in folders['wav2vec2'].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / 'model.safetensors').write_bytes(b'broken')
    with pytest.raises(ConfigurationError, match='cannot be loaded'):
        make_recogniser('transformers', settings(tmp_path))


def test_an_unknown_device_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(ConfigurationError, match="device 'tpu' is not known"):
        make_recogniser('transformers', settings(folders['wav2vec2'], device='tpu'))
