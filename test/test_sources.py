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

"""What holds for every source file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ('vlm_robot', 'test', 'bench', 'launch', 'tools')
SOURCES = sorted(
    [ROOT / 'setup.py', *(path for folder in FOLDERS for path in (ROOT / folder).rglob('*.py'))]
)
HEADER = Path(__file__).read_text(encoding='utf-8').partition('\n\n')[0]
CURRENT = '''"""What holds for every source file."""'''


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prints_to_stdout(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == 'print'
        and not any(keyword.arg == 'file' for keyword in node.keywords)
    )


def functions(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding='utf-8'))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize('path', SOURCES, ids=name)
def test_a_source_file_begins_with_the_licence(path: Path) -> None:
    lines = path.read_text(encoding='utf-8').splitlines()
    start = 1 if lines[0].startswith('#!') else 0
    assert lines[start].startswith('# Copyright 20')
    assert 'http://www.apache.org/licenses/LICENSE-2.0' in ''.join(lines[start : start + 14])


def test_only_the_command_line_prints_to_standard_output() -> None:
    printing = {
        name(path)
        for path in (ROOT / 'vlm_robot').rglob('*.py')
        if any(map(prints_to_stdout, ast.walk(ast.parse(path.read_text(encoding='utf-8')))))
    }
    assert {path for path in printing if not path.startswith('vlm_robot/cli/')} == set()
    assert printing, 'the command line prints'


def test_the_name_of_every_test_reads_as_a_sentence() -> None:
    short = {
        f'{name(path)}: {function}'
        for path in (ROOT / 'test').rglob('test_*.py')
        for function in functions(path)
        if function.startswith('test_') and function.count('_') < 3
    }
    assert short == set()
