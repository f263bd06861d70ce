"""The plan of the house, kept by a test: which way imports run, who owns what, and how long a file may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "livecsi"
LONGEST_FILE_LINES = 350

MAY_USE = {
    "types": set(),
    "errors": set(),
    "countries": set(),
    "settings": {"types", "errors", "countries"},
    "clock": {"types", "errors"},
    "database": {"types", "errors", "clock"},
    "audio": set(),
    "features": set(),
    "identify": {"features"},
    "catalogue": set(),
    "ledger": set(),
    "reports": {"ledger"},
    "service": {"audio", "features", "identify", "catalogue", "ledger", "reports"},
    "web": {"service", "audio", "features", "identify", "catalogue", "ledger", "reports"},
    "batch": {"service", "audio", "features", "identify", "catalogue", "ledger", "reports"},
    "evaluation": {"audio", "features", "identify", "catalogue", "ledger", "reports", "service"},
    "training": {"audio", "features", "identify", "catalogue", "evaluation"},  # it calibrates the code that will run
    "cli": {"evaluation", "service", "web", "batch", "audio", "features", "identify", "catalogue", "ledger", "reports",
            "training"},
}
"""Beside its own files and the foundation, what each part of the house may import."""
FOUNDATION = {"types", "errors", "countries", "settings", "clock", "database"}

OWNERS = {
    "sounddevice": ["audio/capture.py"],
    "onnxruntime": ["identify/sessions.py", "training/"],
    "torch": ["training/"],
    "sqlite3": ["database.py"],
}
CLOCK_CALLS = {
    ("time", name) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
} | {("datetime", name) for name in ("now", "utcnow", "today")} | {("date", "today")}
TRAINING_COMMANDS = {"cli/train.py", "cli/evaluate.py"}

FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported module by its full name, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide the direction"
            yield str(node.module), node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def attributes(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            yield owner, node.attr, node.lineno


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_run_one_way(path):
    part = part_of(path)
    if part == "__init__":
        return
    allowed = MAY_USE[part] | {part} | (FOUNDATION if part not in FOUNDATION else set())
    for module, line in imports(parse(path)):
        if module.startswith("livecsi."):
            used = module.split(".")[1]
            assert used in allowed or not (PACKAGE / used).exists() and not (PACKAGE / f"{used}.py").exists(), \
                f"{name_of(path)}:{line}: {part} may not use {used}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_has_one_owner(path):
    name, tree = name_of(path), parse(path)
    for module, line in imports(tree):
        owners = OWNERS.get(module.split(".")[0], [name])
        assert any(name == owner or owner.endswith("/") and name.startswith(owner) for owner in owners), \
            f"{name}:{line}: {module} belongs to {owners}"
    for owner, attribute, line in attributes(tree):
        at = f"{name}:{line}"
        assert name == "clock.py" or (owner, attribute) not in CLOCK_CALLS, f"{at}: clocks are read in clock.py"
        asks_environment = (owner, attribute) in {("os", "environ"), ("os", "getenv")}
        assert name == "settings.py" or not asks_environment, f"{at}: the environment is read in settings.py"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_commands_print(path):
    calls = [node for node in ast.walk(parse(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    printing = [node.lineno for node in calls if node.func.id == "print"]
    assert not printing or part_of(path) == "cli", f"{name_of(path)}: print in lines {printing}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_needs_training_before_it_is_asked_to_train(path):
    name, tree = name_of(path), parse(path)
    if part_of(path) == "training":
        return
    everywhere = {line for module, line in imports(tree) if module.startswith("livecsi.training")}
    assert not everywhere or name in TRAINING_COMMANDS, f"{name} imports livecsi.training in lines {everywhere}"
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lazily = {line for function in functions for module, line in imports(function) if "livecsi.training" in module}
    assert everywhere == lazily, f"{name}: import livecsi.training inside the function that needs it"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_says_why_it_exists_and_stays_short(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name_of(path)} has no docstring"
    assert text.count("\n") <= LONGEST_FILE_LINES, f"{name_of(path)} has {text.count(chr(10))} lines"
