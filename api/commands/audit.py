"""`antifraud audit`: that nothing in the journal was changed, and one life's part of it for a court."""

import html
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from sqlalchemy import Connection

from antifraud.domain.errors import InvalidValue
from antifraud.domain.moment import moment_of
from antifraud.store.center import open_book
from antifraud.store.center.audited import FORMAT, checked_page
from antifraud.store.center.journal import Head, verify
from antifraud.store.center.proof import checked, proof_of
from api.settings import read_settings

audit = typer.Typer(no_args_is_help=True, help="The journal of the Center: whether it is whole, and proofs out of it.")

_HASH_DIGITS: Final = 64
Database = Annotated[
    str | None, typer.Option("--database", help="The durable store beside which the book is: sqlite:///FILE or other.")
]
Noted = Annotated[
    str | None,
    typer.Option("--head", help="SEQUENCE:HASH that was noted earlier, as every event carries them; it must be met."),
]


@audit.command("verify")
def verify_journal(head: Noted = None, database: Database = None) -> None:
    """Check every act against its hash and the one before; say which was changed, lost or moved, and end with code 1.

    That the end was cut off only a head shows that was noted elsewhere: keep the one that is printed.

    Example: antifraud audit verify --head 1200:5f3c...
    """
    with _journal(database) as connection:
        found = verify(connection, None if head is None else _head(head))
    if found.problem is not None:
        typer.echo(f"the journal is damaged: {found.problem}", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"{found.acts} acts, none changed, lost or moved; the journal ends at {found.head.seq}:{found.head.hash}"
    )


@audit.command()
def export(
    life_id: Annotated[str, typer.Argument(help="Of a hold, an incident or whatever else has acts.")],
    out: Annotated[Path, typer.Option(help="The file of the proof, .json; a page to read goes beside it, .html.")],
    database: Database = None,
) -> None:
    """Write the acts of one life with the proof of their place in the journal; of all others only digests.

    Example: antifraud audit export 019d05c1-7a00-7000-8000-000000000001 --out case.json
    """
    with _journal(database) as connection:
        document = proof_of(connection, life_id)
    acts = checked(document)
    out.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    out.with_suffix(".html").write_text(_page(document, acts), encoding="utf-8")
    typer.echo(f"{len(acts)} acts of {life_id}, proved up to {document['head']['seq']}:{document['head']['hash']}")


@audit.command()
def check(
    file: Annotated[Path, typer.Argument(help="A proof, .json, or an answer of GET /v1/audit.")], head: Noted = None
) -> None:
    """Check a proof by itself, without any database; end with code 1 if something in it was changed.

    A page of an audit proves each of its acts against the hash of the act before it; with --head one of them must be
    the act that was noted.

    Example: antifraud audit check case.json --head 1200:5f3c...
    """
    try:
        document = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as wrong:
        raise InvalidValue("file", f"is no proof: {wrong}", str(file)) from None
    noted = None if head is None else _head(head)
    if isinstance(document, dict) and document.get("format") == FORMAT:
        typer.echo(f"{len(checked_page(document, noted))} acts, each as the journal has it")
        return
    acts = checked(document, noted)
    typer.echo(f"{len(acts)} acts of {document['life_id']}, as the journal had them")


@contextmanager
def _journal(database: str | None) -> Iterator[Connection]:
    with closing(open_book(read_settings(database_url=database).book_url)) as book, book.engine.connect() as connection:
        yield connection


def _head(text: str) -> Head:
    seq, _, noted = text.partition(":")
    if not (seq.isascii() and seq.isdecimal() and len(noted) == _HASH_DIGITS):
        raise InvalidValue("--head", "is SEQUENCE:HASH, with 64 hex digits", text)
    return Head(int(seq), noted.lower())


def _page(document: Mapping[str, Any], acts: Sequence[Mapping[str, Any]]) -> str:
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(str(each))}</td>" for each in _cells(act)) + "</tr>" for act in acts
    )
    head = document["head"]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(document["life_id"])}</title>
<style>body{{font:14px sans-serif;margin:2em}}td,th{{border:1px solid #999;padding:4px 8px;text-align:left;
vertical-align:top;overflow-wrap:anywhere}}table{{border-collapse:collapse}}</style>
<h1>Acts of {html.escape(document["life_id"])}</h1>
<p>In the order of the journal, which ends at act {head["seq"]} with the hash {html.escape(head["hash"])}. The proof is
the file beside this page: {html.escape(document["how_to_verify"])}</p>
<table><tr><th>Act</th><th>When (UTC)</th><th>What</th><th>Who</th><th>What was said</th></tr>
{rows}
</table></html>
"""


def _cells(act: Mapping[str, Any]) -> Sequence[object]:
    said = {name: value for name, value in act["body"].items() if name not in ("by", "at")}
    return (
        act["seq"],
        moment_of(act["at"]).isoformat(),
        act["name"],
        f"{act['person']}, {act['role']} of {act['participant']}",
        orjson.dumps(said, option=orjson.OPT_INDENT_2).decode(),
    )
