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

"""How words are said: of commands from our own list, of others from CMUdict or the operator."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.phones import PHONES
from vlm_robot.speech.grammar.lexicon import LEXICON

Phones = tuple[str, ...]
Pronunciations = dict[str, tuple[Phones, ...]]
"""Word -> the ways of saying it; () is to leave it out."""

_SILENT = '-'
_NUMBERED = re.compile(r'\(\d+\)$')


def pronunciations(words: Iterable[str], more: Iterable[str] = ()) -> Pronunciations:
    """
    Return how words are said.

    Words of commands are known; others are looked up in the CMU dictionary that PocketSphinx
    brings, where that is installed.

    :param more: the operator's own, which come before all others: 'gizmo G IH Z M OW'.
    :raises ConfigurationError: for a word that nobody knows, and for phones that are none.
    """
    wanted = frozenset(words)
    known = _own() | _read(more)
    missing = wanted - known.keys()
    found = known | (_dictionary(missing) if missing else {})
    strange = sorted(wanted - found.keys())
    if strange:
        raise ConfigurationError(
            f'nobody knows how {strange[0]!r} is said: give its ARPAbet phones in the parameter '
            f"pronunciations, as in 'gizmo G IH Z M OW'"
        )
    return {word: found[word] for word in sorted(wanted)}


def dictionary_path() -> Path | None:
    """Return where PocketSphinx keeps the CMU dictionary; None where it is not installed."""
    found = find_spec('pocketsphinx')
    places = (found and found.submodule_search_locations) or ()
    paths = (Path(place) / 'model' / 'en-us' / 'cmudict-en-us.dict' for place in places)
    return next((path for path in paths if path.exists()), None)


@cache
def _own() -> Pronunciations:
    entries = (line.partition(' ') for line in LEXICON.strip().splitlines())
    return {
        word: tuple(tuple(phones.replace(_SILENT, '').split()) for phones in said.split('|'))
        for word, _, said in entries
    }


def _read(entries: Iterable[str]) -> Pronunciations:
    found: dict[str, list[Phones]] = {}
    for entry in entries:
        word, *phones = entry.split() or ['']
        strange = [phone for phone in phones if _plain(phone) not in PHONES[1:]]
        if not phones or strange:
            raise ConfigurationError(
                f'{entry!r} is no pronunciation: expected a word and its ARPAbet phones, of '
                f'{", ".join(PHONES[1:])}'
            )
        found.setdefault(word.lower(), []).append(tuple(map(_plain, phones)))
    return {word: tuple(ways) for word, ways in found.items()}


def _plain(phone: str) -> str:
    return phone.upper().rstrip('012')


def _dictionary(words: Collection[str]) -> Pronunciations:
    found: dict[str, list[Phones]] = {}
    for word, phones in dictionary_entries():
        if word in words:
            found.setdefault(word, []).append(phones)
    return {word: tuple(ways) for word, ways in found.items()}


def dictionary_entries() -> Iterator[tuple[str, Phones]]:
    """Yield the words of the CMU dictionary with their phones; nothing without PocketSphinx."""
    path = dictionary_path()
    if path is None:
        return
    with path.open(encoding='utf-8') as lines:
        for line in lines:
            word, *phones = line.split()
            yield _NUMBERED.sub('', word), tuple(phones)
