"""The page about the features is the catalogue's."""

from pathlib import Path

from features.catalogue import CATALOGUE
from features.dictionary import dictionary, main
from features.schema import fingerprint

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_page_in_the_tree_is_the_one_the_catalogue_writes(tmp_path):
    main(tmp_path / "features.md")
    written = (tmp_path / "features.md").read_text(encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written, "run: antifraud features --doc docs/features.md"


def test_the_page_names_every_feature_once_and_the_fingerprint():
    page = dictionary(CATALOGUE)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(feature.name for feature in CATALOGUE)
    assert all(row.count(" | ") == 4 for row in rows)
    assert fingerprint(CATALOGUE) in page
