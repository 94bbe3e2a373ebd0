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
A rule in the JSpeech Grammar Format, https://www.w3.org/TR/jsgf/, which PocketSphinx reads.

What occurs several times becomes a rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from vlm_robot.speech.grammar.rules import Choice, Rule, Sequence, Words

_NOTHING = Words('')


def jsgf(rule: Rule) -> str:
    """Return a grammar whose public rule is <said>."""
    writer = _Writer()
    said = writer.written(rule)
    lines = (f'<{name}> = {text};' for text, name in writer.rules.items())
    return '\n'.join(('#JSGF V1.0;', 'grammar commands;', *lines, f'public <said> = {said};\n'))


class _Writer:
    """Writes the parts first; `rules` has the text of every choice with its name."""

    def __init__(self) -> None:
        self.rules: dict[str, str] = {}
        self._named: dict[Rule, str] = {}

    def written(self, rule: Rule) -> str:
        if isinstance(rule, Words):
            return rule.text.lower()
        if isinstance(rule, Sequence):
            return ' '.join(filter(None, map(self.written, rule.rules)))
        if rule not in self._named:
            text = self._choice(rule)
            self._named[rule] = self.rules.setdefault(text, f'r{len(self.rules)}')
        return f'<{self._named[rule]}>'

    def _choice(self, rule: Choice) -> str:
        said = ' | '.join(self._alternatives(rule))
        return f'[ {said} ]' if _NOTHING in rule.rules else said

    def _alternatives(self, rule: Choice) -> Iterator[str]:
        for part in rule.rules:
            if part != _NOTHING:
                yield self.written(part)
