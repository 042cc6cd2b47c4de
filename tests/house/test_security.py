"""The threat model names tests that exist, and nothing reads what runs when it is read."""

import ast

from tests.house.test_rules import CITED, OURS, ROOT, name_of, tree_of

RUNS_WHEN_READ = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def reads(tree):
    """Yield the lines that import what reads such objects, or allow numpy to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            named = {(node.module or "").partition(".")[0]}
        else:
            named = set()
        allowed = (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        )
        if allowed or named & RUNS_WHEN_READ:
            yield node.lineno if not isinstance(node, ast.keyword) else node.value.lineno


def test_nothing_that_runs_when_it_is_read_is_read():
    assert [f"{name_of(path)}:{line}" for path in OURS for line in reads(tree_of(path))] == []
    for bad in ("import pickle", "from joblib import load", "np.load(f, allow_pickle=True)", "f(allow_pickle=x)"):
        assert list(reads(ast.parse(bad))) == [1], bad


def test_each_line_of_the_threat_model_has_its_test():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 15
    assert [row for row in rows if not CITED.search(row)] == []
    for file, test in CITED.findall(page):
        assert test in {getattr(node, "name", None) for node in ast.walk(tree_of(ROOT / file))}, f"{file} has no {test}"
