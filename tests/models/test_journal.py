"""Journals: what was acknowledged stays, what was torn was never said, and what was changed is found."""

import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.errors import DamagedFile
from models.journal import read_lines, writing

APPENDING = """
import sys
from pathlib import Path
from models.journal import writing
for number in range(int(sys.argv[3])):
    with writing(Path(sys.argv[1])) as pen:
        pen.append({"by": sys.argv[2], "own": number})
    print(number, flush=True)
"""


def append(path, *numbers):
    for number in numbers:
        with writing(path) as pen:
            pen.append({"n": number, "text": f"Ә\\n{number}"})


def numbers(path):
    return [line["n"] for line in read_lines(path)]


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "of" / "three.jsonl"
    assert read_lines(path) == ()
    append(path, 1, 2, 3)
    return path.read_bytes()


@given(data=st.data())
def test_a_last_line_torn_anywhere_was_never_said_and_the_next_one_takes_its_place(three, tmp_path_factory, data):
    begins = three.rstrip(b"\n").rfind(b"\n") + 1
    cut = data.draw(st.integers(begins, len(three) - 1))
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    path.write_bytes(three[:cut])
    assert numbers(path) == [1, 2]
    append(path, 4)
    assert numbers(path) == [1, 2, 4]
    assert path.read_bytes().count(b"\n") == 3


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_found_or_cuts_off_the_last_line(three, tmp_path_factory, place, flip):
    at = int(place * len(three))
    path = tmp_path_factory.mktemp("changed") / "journal.jsonl"
    path.write_bytes(three[:at] + bytes([three[at] ^ flip]) + three[at + 1 :])
    if at == len(three) - 1:
        assert numbers(path) == [1, 2]
    else:
        with pytest.raises(DamagedFile, match="line"):
            read_lines(path)


@pytest.mark.parametrize("kept", [(1, 2), (0, 2), (1, 0, 2), (0, 0, 1, 2)])
def test_a_line_that_is_missing_moved_or_doubled_is_found(three, tmp_path, kept):
    lines = three.splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(lines[each] for each in kept))
    with pytest.raises(DamagedFile, match="does not follow the line before"):
        read_lines(path)
    with pytest.raises(DamagedFile):
        append(path, 4)
    assert path.read_bytes() == b"".join(lines[each] for each in kept), "nothing is written behind damage"


def start(path, name, count):
    return subprocess.Popen([sys.executable, "-c", APPENDING, path, name, str(count)], stdout=subprocess.PIPE)


def test_processes_that_write_at_once_take_turns_and_one_that_is_killed_holds_nobody_up(tmp_path):
    path = tmp_path / "journal.jsonl"
    writers = {name: start(path, name, 40) for name in ("a", "b")}
    doomed = start(path, "doomed", 10**6)
    heard = [doomed.stdout.readline() for _ in range(20)]
    doomed.send_signal(signal.SIGKILL)
    said = {name: process.communicate(timeout=60)[0].split() for name, process in writers.items()}
    acknowledged = len(heard) + len(doomed.communicate()[0].splitlines())
    lines = read_lines(path)
    for name in writers:
        assert (
            [line["own"] for line in lines if line["by"] == name] == [int(each) for each in said[name]] == [*range(40)]
        )
    assert sum(line["by"] == "doomed" for line in lines) >= acknowledged - 1  # its last word may be half printed


def test_readers_never_wait_for_a_writer(tmp_path):
    path = tmp_path / "journal.jsonl"
    append(path, 1)
    with writing(path) as pen:
        assert numbers(path) == [1]
        pen.append({"n": 2})
        assert numbers(path) == [1, 2]
