"""Bundles: what is read is what was written, or it is refused."""

import hashlib
import json
import shutil
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antifraud.domain.errors import DamagedFile, FingerprintMismatch, NotFound
from features.catalogue import CATALOGUE
from models.bundle import read_bundle

FORM = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
FILES = ("manifest.json", "model.txt", "calibration.json", "policy.json", "usual.json", "reference.json")


def test_what_is_read_is_what_was_written(bundle, tmp_path):
    folder = bundle.write(tmp_path)
    again = read_bundle(folder, CATALOGUE)
    assert replace(again, about=bundle.about) == bundle
    assert json.dumps(again.about) == json.dumps(json.loads(json.dumps(bundle.about, sort_keys=True)))
    assert folder.name == again.version == bundle.version
    assert bundle.write(tmp_path) == folder, "the same content again is the same folder"
    assert [each.name for each in tmp_path.iterdir()] == [bundle.version], "no draft is left"


def test_what_decides_makes_the_version_and_what_is_said_about_it_does_not(bundle):
    policy = replace(bundle.policy, hold_at=bundle.policy.hold_at / 2)
    calibrator = replace(bundle.calibrator, slope=bundle.calibrator.slope * 2)
    versions = {
        each.version for each in (bundle, replace(bundle, policy=policy), replace(bundle, calibrator=calibrator))
    }
    assert len(versions) == 3
    assert replace(bundle, about={"label": "said later"}).version == bundle.version


def test_all_of_it_is_text_and_nothing_can_run(bundle, tmp_path):
    folder = bundle.write(tmp_path)
    assert {file.name for file in folder.iterdir()} == set(FILES)
    for file in folder.iterdir():
        text = file.read_bytes().decode("utf-8")
        assert json.loads(text) if file.suffix == ".json" else text.startswith("tree\n")


@pytest.fixture(scope="module")
def written(bundle, tmp_path_factory):
    return bundle.write(tmp_path_factory.mktemp("shelf"))


def refused_with(written, name, place, flip):
    file = written / name
    sound = file.read_bytes()
    try:
        file.write_bytes(sound[:place] + bytes([sound[place] ^ flip]) + sound[place + 1 :])
        with pytest.raises(DamagedFile):
            read_bundle(written, CATALOGUE)
    finally:
        file.write_bytes(sound)


def test_a_flipped_bit_in_any_byte_of_what_people_can_read_is_found(written):
    for name in ("manifest.json", "calibration.json", "policy.json"):
        for place in range((written / name).stat().st_size):
            refused_with(written, name, place, 1)
    read_bundle(written, CATALOGUE)


@settings(suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(FILES), at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_found(written, name, at, flip):
    refused_with(written, name, int(at * (written / name).stat().st_size), flip)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_or_gone_is_found(written, tmp_path, name):
    folder = shutil.copytree(written, tmp_path / written.name)
    (folder / name).write_bytes((written / name).read_bytes()[:-1])
    with pytest.raises(DamagedFile, match=written.name):
        read_bundle(folder, CATALOGUE)
    (folder / name).unlink()
    with pytest.raises(NotFound if name == "manifest.json" else DamagedFile):
        read_bundle(folder, CATALOGUE)


def test_a_bundle_of_another_form_is_refused(written, tmp_path):
    folder = shutil.copytree(written, tmp_path / written.name)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    sealed = {name: value for name, value in manifest.items() if name != "sha256"} | {"format": 1}
    digest = hashlib.sha256(orjson.dumps(sealed, option=FORM)).hexdigest()
    (folder / "manifest.json").write_bytes(orjson.dumps(sealed | {"sha256": digest}, option=FORM))
    with pytest.raises(DamagedFile, match=r"has the form 1, this engine reads .: train again"):
        read_bundle(folder, CATALOGUE)


def test_a_model_of_another_catalogue_is_refused(written):
    with pytest.raises(FingerprintMismatch, match="train again"):
        read_bundle(written, CATALOGUE[:-1])
