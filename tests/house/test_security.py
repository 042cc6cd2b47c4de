"""The threat model names tests that exist, and nothing reads what runs when it is read."""

import ast
import re

from tests.house.test_rules import CITED, OURS, ROOT, name_of, tree_of

RUNS_WHEN_READ = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
RUNNING_READERS = {"read_pickle", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all"}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}
SECRET = re.compile(r"(?:^|_)(?:token|csrf|seal|signature|secret|password|nonce|verifier)$")
PATIENTLY_COMPARED = {"api/auth.py", "api/console/keeping.py", "api/console/visitor.py"}
"""Who compares what a caller brings with a secret: in a time that does not tell how much of it was right."""


def last_name(node):
    """Return what a value is called last: `session.csrf`, `form.get("csrf")` and `csrf.encode()` are all csrf."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name
        case ast.Call(func=ast.Attribute(attr="encode" | "decode" | "strip", value=inner)):
            return last_name(inner)
        case ast.Call(func=inner):
            return last_name(inner)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def reads(tree):
    """Yield the lines that import what reads such objects, call what does, or allow numpy or YAML to."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if {each.name.partition(".")[0] for each in names} & RUNS_WHEN_READ:
                yield node.lineno
            case ast.ImportFrom(module=str(name)) if name.partition(".")[0] in RUNS_WHEN_READ:
                yield node.lineno
            case ast.keyword(arg="allow_pickle", value=value) if not (
                isinstance(value, ast.Constant) and value.value is False
            ):
                yield value.lineno
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name) if name in RUNNING_READERS:
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id="yaml"), attr="load" | "load_all")):
                given = [*node.args[1:], *(each.value for each in node.keywords if each.arg == "Loader")]
                if {last_name(each) for each in given} - SAFE_LOADERS or not given:
                    yield node.lineno


def test_nothing_that_runs_when_it_is_read_is_read():
    assert [f"{name_of(path)}:{line}" for path in OURS for line in reads(tree_of(path))] == []
    for bad in (
        "import pickle",
        "from joblib import load",
        "np.load(f, allow_pickle=True)",
        "f(allow_pickle=x)",
        "pd.read_pickle(f)",
        "from pandas import read_pickle",
        "yaml.load(f)",
        "yaml.load(f, yaml.Loader)",
        "yaml.load(f, Loader=yaml.FullLoader)",
        "yaml.unsafe_load(f)",
    ):
        assert list(reads(ast.parse(bad))) == [1], bad
    for good in ("yaml.safe_load(f)", "yaml.load(f, Loader=yaml.CSafeLoader)", "np.load(f, allow_pickle=False)"):
        assert list(reads(ast.parse(good))) == [], good


def hasty(tree):
    """Yield the lines that compare a secret by == or !=, which end at the first sign that differs."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Compare)
            and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops)
            and any(SECRET.search(last_name(each)) for each in (node.left, *node.comparators))
        ):
            yield node.lineno


def test_no_secret_is_compared_by_what_ends_at_the_first_sign_that_differs():
    assert [f"{name_of(path)}:{line}" for path in OURS for line in hasty(tree_of(path))] == []
    for bad in ("given == session.csrf", 'form.get("csrf") != x', "seal == _seal(body)", "x == token.encode()"):
        assert list(hasty(ast.parse(bad))) == [1], bad
    patient = {
        name_of(path) for path in OURS for node in ast.walk(tree_of(path)) if last_name(node) == "compare_digest"
    }
    assert patient == PATIENTLY_COMPARED


def test_each_line_of_the_threat_model_has_its_test():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 15
    assert [row for row in rows if not CITED.search(row)] == []
    for file, test in CITED.findall(page):
        assert test in {getattr(node, "name", None) for node in ast.walk(tree_of(ROOT / file))}, f"{file} has no {test}"
