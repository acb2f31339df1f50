"""The stubs say what the module is: signatures by stubtest, documentation word for word.

`UPDATE=1 pytest tests/test_stubs.py` writes the module's documentation into the stubs.
"""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import sonic
from sonic import _native

STUBS = Path(sonic.__file__).with_name("_native.pyi")


def test_signatures_agree_with_the_module() -> None:
    """mypy's stubtest compares every name, signature and default."""
    command = [sys.executable, "-m", "mypy.stubtest", "sonic", "--ignore-disjoint-bases"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=STUBS.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def documented() -> list[tuple[ast.ClassDef | ast.FunctionDef, str]]:
    """Every class and function of the stubs that the module documents, with that text."""
    tree = ast.parse(STUBS.read_text())
    found: list[tuple[ast.ClassDef | ast.FunctionDef, str]] = []
    for node in tree.body:
        members = [node, *node.body] if isinstance(node, ast.ClassDef) else [node]
        if getattr(node, "name", "_").startswith("_"):
            continue
        for member in members:
            if not isinstance(member, ast.ClassDef | ast.FunctionDef) or member.name.startswith("_"):
                continue
            owner = _native if member is node else getattr(_native, node.name)
            text = inspect.getdoc(getattr(owner, member.name))
            assert text, f"{member.name} has no documentation"
            found.append((member, text))
    return found


def test_documentation_agrees_with_the_module() -> None:
    """Editors show the stubs' text, `help()` the module's."""
    if os.environ.get("UPDATE"):
        update()
    for node, text in documented():
        assert ast.get_docstring(node) == text, f"{node.name}: run with UPDATE=1"


def update() -> None:
    """Puts the documentation below each head, from the last to the first so that line numbers hold."""
    lines = STUBS.read_text().splitlines()
    for node, text in sorted(documented(), key=lambda pair: -pair[0].lineno):
        indent = " " * (node.col_offset + 4)
        body = [f'{indent}"""{text.splitlines()[0]}']
        body += [f"{indent}{line}".rstrip() for line in text.splitlines()[1:]]
        body[-1] += '"""' if len(body) == 1 else f'\n{indent}"""'
        head = next(n for n in range(node.lineno - 1, len(lines)) if lines[n].rstrip().endswith((":", "...")))
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            lines[first.lineno - 1 : first.end_lineno] = body
        else:
            lines[head] = lines[head].removesuffix(" ...")
            lines[head + 1 : head + 1] = body
    STUBS.write_text("\n".join(lines) + "\n")
