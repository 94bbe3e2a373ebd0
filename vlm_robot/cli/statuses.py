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

"""Exit statuses of the command line."""

from __future__ import annotations

from vlm_robot.core.outcome import Outcome

OK = 0
UNFIT = 1
USAGE = 2
REFUSED = 3
FAILED = 4
NO_SERVER = 5
INTERRUPTED = 130

EXPLANATION = f"""exit status:
  {OK:<4} done
  {UNFIT:<4} the model failed its self-test, the doctor found something wrong, or a replay differs
  {USAGE:<4} wrong usage or configuration
  {REFUSED:<4} the instruction was refused; the outcome's name and a sentence say why
  {FAILED:<4} the robot tried and failed, or was stopped
  {NO_SERVER:<4} a node did not answer, or the time was over
  {INTERRUPTED:<4} interrupted with Ctrl-C"""

_UNANSWERED = frozenset({Outcome.MODEL_ERROR, Outcome.TIMEOUT})


def exit_status(outcome: Outcome) -> int:
    """Return the exit status of an instruction that ended with an outcome."""
    if outcome is Outcome.OK:
        return OK
    if outcome in _UNANSWERED:
        return NO_SERVER
    return FAILED if outcome >= Outcome.GRASP_FAILED else REFUSED
