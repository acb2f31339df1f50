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

STUBS = Path(sonic.__file__).with_name("_native")

# The stubs of one module lie in several files, which are no modules: stubtest reads them through `__init__.pyi`.
PARTS = [path for path in sorted(STUBS.glob("*.pyi")) if path.stem != "_types"]


def test_signatures_agree_with_the_module(tmp_path: Path) -> None:
    """mypy's stubtest compares every name, signature and default."""
    no_modules = tmp_path / "no_modules"
    no_modules.write_text("".join(f"sonic\\._native\\.{path.stem}\n" for path in STUBS.glob("_[!_]*.pyi")))
    command = [
        sys.executable,
        "-m",
        "mypy.stubtest",
        "sonic",
        "--ignore-disjoint-bases",
        "--allowlist",
        str(no_modules),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=STUBS.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def documented(part: Path) -> list[tuple[ast.ClassDef | ast.FunctionDef, str]]:
    """Every class and function of a part of the stubs that the module documents, with that text."""
    tree = ast.parse(part.read_text())
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
    for part in PARTS:
        if os.environ.get("UPDATE"):
            update(part)
        for node, text in documented(part):
            assert ast.get_docstring(node) == text, f"{part.name}: {node.name}: run with UPDATE=1"


def test_everything_is_documented_once() -> None:
    """What the module has is in one of the parts."""
    names = [node.name for part in PARTS for node, _ in documented(part) if node.col_offset == 0]
    assert sorted(names) == sorted(name for name in _native.__all__ if name != "__version__")


def update(part: Path) -> None:
    """Puts the documentation below each head, from the last to the first so that line numbers hold."""
    lines = part.read_text().splitlines()
    for node, text in sorted(documented(part), key=lambda pair: -pair[0].lineno):
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
    part.write_text("\n".join(lines) + "\n")
