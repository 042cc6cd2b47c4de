"""The page about protocols names every key that the readers of the files know, and every metric."""

import re
from pathlib import Path

import pytest

from models.metrics import metric

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
READS = re.compile(
    r"\.(?:text|optional_text|choice|number|optional_number|flag|moments?|days|texts|sections?|get)\(\s*\"(\w+)\""
)


@pytest.mark.parametrize("source", ["antifraud/intake/mapping.py", "models/protocol.py"])
def test_the_page_names_every_key_that_can_be_written(source):
    keys = set(READS.findall((ROOT / source).read_text(encoding="utf-8")))
    assert len(keys) > 10
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert keys <= words


def test_every_metric_on_the_page_exists():
    section = PAGE.split("## Metrics")[1].split("##")[0]
    names = re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)
    assert len(names) == 5
    for name in names:
        assert metric(name) is not None
