"""What a command cannot do it says in one line, and it says so before the work and not after it."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import polars as pl
import pytest

from antifraud.domain.transfer import Channel
from antifraud.tables import TRANSFERS
from api.cli import main
from api.commands.replay import _SENT

BROKEN = "seed: [1,\n"
NOWHERE = "no/folder"
TRANSFER = {
    "transfer_id": "t1",
    "payer": "wallet:a",
    "payee": "wallet:b",
    "amount_minor": 1,
    "currency": "KZT",
    "channel": Channel.APP.value,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder to be in, with files that are not what their names say."""
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "latin.yaml").write_bytes(b"seed: \xe9\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 is what it begins with")
    (tmp_path / "broken.csv").write_bytes(b"\xff\xfe,\x00\n1,2,3\n")
    row = dict.fromkeys(_SENT) | TRANSFER
    pl.DataFrame([row], schema={name: TRANSFERS[name] for name in _SENT}).write_parquet(tmp_path / "one.parquet")
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(words, capsys, monkeypatch):
    """Run a command that fails; return the one line that it says."""
    monkeypatch.setattr(sys, "argv", ["antifraud", *words.split()])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("antifraud: ")]
    assert len(said) == 1
    return said[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"score one.parquet --out {NOWHERE}/x.csv", f"no folder {NOWHERE}"),
        (f"features --history x --out {NOWHERE}/x.parquet", f"no folder {NOWHERE}"),
        (f"benchmark p.yaml --data d.csv --json {NOWHERE}/x.json", f"no folder {NOWHERE}"),
        (f"benchmark --all --data . --out {NOWHERE}/page.md", f"no folder {NOWHERE}"),
        (f"features --doc {NOWHERE}/features.md", f"{NOWHERE}/features.md: No such file or directory"),
        ("simulate --accounts 500 --days 14 --out file/below", "Not a directory"),
        ("train --history x --params broken.yaml", "broken.yaml: must be YAML in UTF-8"),
        ("train --history x --params latin.yaml", "latin.yaml: must be YAML in UTF-8"),
        ("simulate --config broken.yaml --out x", "broken.yaml: must be YAML in UTF-8"),
        ("replay broken.parquet", "broken.parquet cannot be read"),
        ("replay broken.csv", "broken.csv"),
    ],
)
def test_a_refusal_is_one_line(words, said, folder, capsys, monkeypatch):
    assert said in refusal(words, capsys, monkeypatch)


class Stranger(BaseHTTPRequestHandler):
    """A server that is not this engine."""

    says: tuple[int, bytes]

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.says
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize(
    ("says", "said"),
    [
        ((200, b"<html>"), "answers 200 with what is no JSON"),
        ((502, b"Bad gateway"), "answers 502 with what is no JSON"),
        ((200, b'{"hello": 1}'), "the server refuses: 200"),
        ((404, b'{"detail": "no such page"}'), "the server refuses: no such page"),
        ((404, b"[]"), "the server refuses: 404"),
    ],
)
def test_a_replay_to_another_server_is_one_line(says, said, folder, capsys, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), type("Saying", (Stranger,), {"says": says})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            assert said in refusal(f"replay one.parquet --url {url} --key k", capsys, monkeypatch)
        finally:
            server.shutdown()
