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

"""What counts as an instruction: text that a person may have said."""

from __future__ import annotations

from vlm_robot.core.outcome import OK, Outcome, Verdict

MAX_CHARACTERS = 500


def check_instruction(text: str) -> Verdict:
    """Return OK, or BAD_INSTRUCTION for what is empty, too long or not text."""
    if not text.strip():
        return Verdict(Outcome.BAD_INSTRUCTION, 'the instruction is empty')
    if len(text) > MAX_CHARACTERS:
        return Verdict(
            Outcome.BAD_INSTRUCTION,
            f'the instruction has {len(text)} characters: the limit is {MAX_CHARACTERS}',
        )
    strange = next((c for c in text if not _is_text(c)), None)
    if strange is not None:
        return Verdict(
            Outcome.BAD_INSTRUCTION, f'the instruction is not text: it contains {strange!r}'
        )
    return OK


def _is_text(character: str) -> bool:
    # U+FFFD is what a message's bytes that are not UTF-8 become
    return character != '\N{REPLACEMENT CHARACTER}' and (
        character.isprintable() or character in '\t\n\r'
    )
