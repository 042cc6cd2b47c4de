"""House rules over the tracked source: what every file of the project keeps, whoever wrote it."""

import ast
import builtins
import re
import subprocess
from pathlib import Path

import pytest

from api.cli import Commands

ROOT = Path(__file__).parents[2]
PACKAGES = ("antifraud", "features", "models", "api")
LONGEST = 400
UNSTAMPED = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")} | {
    ("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "strftime")
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common_utils", "misc"}
MACHINE_PATH = re.compile(r"(?<![\w.\-/])/(?:work|root|tmp/lead|home/\w+)(?=[/\s\"'`:,;)]|$)")
INDEX = re.compile(
    r"(?i)\b(?:py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(?:org|com)|ana" + r"conda\.(?:org|com)|"
    r"ghcr" + r"\.io|docker" + r"\.(?:io|com)|artif" + r"actory|(?:extra-)?index-" + r"url|trusted-" + r"host)\b"
)
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*(?:\[[a-z0-9,\-]+\])?==[A-Za-z0-9.+!]+(?: ; [^/@]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CITED = re.compile(r"`([\w./\-]+)::(\w+)`")
CONTRACT = re.compile(r"contract `([^`]+)`")
COMMAND = re.compile(r"(?:^|`|\s)antifraud ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)


def tracked():
    """Return what is in the tree, deleted files left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


TRACKED = tracked()
SOURCES = [path for path in TRACKED if path.suffix == ".py"]
OURS = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in PACKAGES]
TEXTS = [path for path in TRACKED if path.suffix not in {".png", ".jpg", ".parquet", ".npz", ".woff2", ".ico"}]
FRONT = ("README.md", "CHANGELOG.md")
PAGES = [path for path in TRACKED if path.suffix == ".md" and path.relative_to(ROOT).parts[0] in ("docs", *FRONT)]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
LOCKS = sorted(ROOT.glob("*.lock"))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def found(paths, pattern):
    """Return `file:line` of every line in which the pattern occurs."""
    return [
        f"{name_of(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def unstamped(tree):
    """Yield the lines that read a clock: calls, and names handed on to be called later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if (last, node.attr) in UNSTAMPED:
                yield node.lineno
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and any(("time", each.name) in UNSTAMPED for each in node.names)
        ):
            yield node.lineno


def error_classes(tree, known):
    """Yield the classes that are errors: those below a builtin one, or below one that was met before."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if bases & known:
                known.add(node.name)
                yield node


def last_section(text):
    """Return the title and the body of the last section of a page."""
    *_, last = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, body = last.partition("\n")
    return title.strip(), body


def test_there_is_something_to_judge():
    assert len(OURS) > 100
    assert len(DECISIONS) >= 11
    assert len(LOCKS) == 2
    assert len(PAGES) > len(DECISIONS)


def test_no_file_is_longer_than_a_person_reads_at_once():
    long = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_every_module_says_what_it_is():
    silent = [name_of(path) for path in OURS if not ast.get_docstring(tree_of(path))]
    silent += [
        name_of(path)
        for path in SOURCES
        if path not in OURS and path.name.startswith("test_") and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_only_the_edge_reads_a_clock():
    inner = [path for path in OURS if path.relative_to(ROOT).parts[0] != "api"]
    assert [f"{name_of(path)}:{line}" for path in inner for line in unstamped(tree_of(path))] == []


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "dt.datetime.utcnow()", "f(now=time.time)", "from time import time_ns as t"]
)
def test_a_clock_is_noticed_however_it_is_read(source):
    assert list(unstamped(ast.parse(source))) == [1]


def test_no_module_is_named_after_nothing():
    named = {*(path.stem for path in OURS), *(part for path in OURS for part in path.relative_to(ROOT).parts[:-1])}
    assert named & FORBIDDEN_NAMES == set()


def test_nothing_names_the_machine_it_was_made_on():
    assert found(TEXTS, MACHINE_PATH) == []


def test_nothing_names_where_packages_come_from():
    assert found(TEXTS, INDEX) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_is_names_versions_and_hashes_and_nothing_else(lock):
    lines = lock.read_text(encoding="utf-8").splitlines()
    strange = [line for line in lines if not (PIN.fullmatch(line) or HASH.fullmatch(line) or line.startswith("#"))]
    assert strange == []
    assert sum(line.startswith("#") for line in lines) <= 5


def test_every_error_says_what_it_means():
    known = {name for name in vars(builtins) if re.search("(Error|Exception|Interrupt|Exit)$", name)}
    domain_first = sorted(OURS, key=lambda path: PACKAGES.index(path.relative_to(ROOT).parts[0]))
    errors = [(path, node) for path in domain_first for node in error_classes(tree_of(path), known)]
    assert len(errors) > 10
    assert [f"{name_of(path)}: {node.name}" for path, node in errors if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_ends_with_what_enforces_it(page):
    text = page.read_text(encoding="utf-8")
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context", "Decision", "Consequences", "Alternatives considered", "Enforced by",
    ]  # fmt: skip
    assert re.search(r"^## Decision\n\n\*\*.+?\*\*", text, re.MULTILINE | re.DOTALL)
    title, body = last_section(text)
    assert title == "Enforced by"
    cited = CITED.findall(body)
    assert cited or CONTRACT.search(body)
    for file, test in cited:
        names = {getattr(node, "name", None) for node in ast.walk(tree_of(ROOT / file))}
        assert test in names, f"{file} has no {test}"
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for contract in CONTRACT.findall(body):
        assert f'name = "{contract}"' in contracts, contract


def test_decisions_are_numbered_without_gaps():
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8"))]
    relative = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in relative if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_on_a_page_exists(page):
    wrong = []
    for name, second in COMMAND.findall(page.read_text(encoding="utf-8")):
        if name not in Commands.places:
            wrong.append(name)
        elif second and second not in getattr(Commands.load(name), "commands", [second]):
            wrong.append(f"{name} {second}")
    assert wrong == []
