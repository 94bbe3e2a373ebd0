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

"""How the words of commands are said, in ARPAbet; what is written "-" may also not be said."""

LEXICON = """
after AE F T ER
ahead AH HH EH D
and AH N D | AE N D | AH N | AE N
away AH W EY
back B AE K
backward B AE K W ER D
backwards B AE K W ER D Z
ball B AO L
behind B IH HH AY N D
beside B IH S AY D | B IY S AY D
between B IH T W IY N | B IY T W IY N
big B IH G
black B L AE K
block B L AA K
blue B L UW
bowl B OW L
box B AA K S
brown B R AW N
by B AY
can K AE N | K AH N
closest K L OW S AH S T
could K UH D
cube K Y UW B
cup K AH P
cylinder S IH L AH N D ER | S IH L IH N D ER
dish D IH SH
drop D R AA P
farthest F AA R DH AH S T
forward F AO R W ER D
forwards F AO R W ER D Z
freeze F R IY Z
front F R AH N T
furthest F ER TH AH S T
get G EH T
grab G R AE B
grasp G R AE S P
green G R IY N
halt HH AO L T | HH AA L T
hello HH AH L OW | HH EH L OW
hey HH EY
hi HH AY
hold HH OW L D
i AY
in IH N
inside IH N S AY D
into IH N T UW | IH N T AH
it IH T
item AY T AH M
large L AA R JH
left L EH F T
leftmost L EH F T M OW S T
leftwards L EH F T W ER D Z
lift L IH F T
little L IH T AH L
move M UW V
mug M AH G
near N IH R
nearest N IH R AH S T
need N IY D
next N EH K S T | N EH K S
no N OW
nope N OW P
now N AW
nudge N AH JH
object AA B JH EH K T
of AH V | AH
ok OW K EY
okay OW K EY
on AA N | AO N
one W AH N
onto AA N T UW | AO N T UW | AA N T AH
orange AO R AH N JH | AO R IH N JH
pick P IH K
pink P IH NG K
place P L EY S
plate P L EY T
please P L IY Z
purple P ER P AH L
push P UH SH
put P UH T
red R EH D
right R AY T
rightmost R AY T M OW S T
rightwards R AY T W ER D Z
robot R OW B AA T | R OW B AH T
set S EH T
shove SH AH V
slide S L AY D
small S M AO L
sphere S F IH R
stack S T AE K
stop S T AA P
take T EY K
thanks TH AE NG K S
that DH AE T | DH AH T
the DH AH | DH IY | AH | AH N | DH AE T | -
then DH EH N
thing TH IH NG
tiny T AY N IY
to T UW | T AH
top T AA P
toward T AH W AO R D | T AO R D
towards T AH W AO R D Z | T AO R D Z
tray T R EY
up AH P
want W AA N T
white W AY T | HH W AY T
would W UH D
yeah Y AE | Y EH AH
yellow Y EH L OW
yep Y EH P
yes Y EH S
you Y UW
"""
