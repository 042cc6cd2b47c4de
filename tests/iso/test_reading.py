"""XML from outside: what is meant is read, what is wrong is named by its path, and bombs do not go off."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MAX_AMOUNT_MINOR, MINOR_DIGITS
from api.errors import InvalidFields, MalformedBody
from api.iso.payments import PATHS, read_pacs008
from api.iso.reading import Node, read_message
from api.iso.recalls import read_camt056
from api.iso.writing import Amount, document
from tests.iso.messages import NAMESPACE, pacs008, transfer

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=140).filter(
    lambda text: text.strip() == text
)


@given(TEXT, st.integers(0, MAX_AMOUNT_MINOR), st.sampled_from(sorted(MINOR_DIGITS)))
def test_what_is_written_is_read_again(text, minor, currency):
    written = document("pacs.002.001.10", "Root", [("Text", text), ("Deep", (("Sum", Amount(minor, currency)),))])
    root, name = read_message(written, "pacs.002.", "Root")
    assert (name, root.needed("Text"), root.money("Deep/Sum")) == ("pacs.002.001.10", text, (minor, currency))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body):
    with pytest.raises(MalformedBody):
        read_pacs008(body)


BOMBS = {
    "entities": b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]><Document>&c;</Document>',
    "a file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><Document>&b;</Document>',
    "another server": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><Document/>',
    "depth": b"<Document>" + b"<a>" * 500 + b"</a>" * 500 + b"</Document>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused(bomb):
    with pytest.raises(MalformedBody):
        read_message(BOMBS[bomb], "pacs.008.001.", "FIToFICstmrCdtTrf")


def test_another_message_is_refused_by_its_name():
    with pytest.raises(MalformedBody, match=re.escape("must be a Document of camt.056.001.")):
        read_camt056(pacs008(transfer()))


WRONG = {
    "a sum of half a tiyn": (transfer(amount="1.005"), "CdtTrfTxInf[1]/IntrBkSttlmAmt"),
    "no sum": (transfer(amount=""), "CdtTrfTxInf[1]/IntrBkSttlmAmt"),
    "an exponent": (transfer(amount="1e5"), "CdtTrfTxInf[1]/IntrBkSttlmAmt"),
    "no currency": (transfer(currency="ZZZ"), "CdtTrfTxInf[1]/IntrBkSttlmAmt/@Ccy"),
    "an account of spaces": (transfer(payer="a b"), "CdtTrfTxInf[1]/DbtrAcct/Id/Othr/Id"),
    "a wrong purpose": (transfer(more="<Purp><Prtry>7x</Prtry></Purp>"), "CdtTrfTxInf[1]/Purp/Prtry"),
    "a moment without an offset": (
        transfer(more="<AccptncDtTm>2026-03-01T12:00:00</AccptncDtTm>"), "CdtTrfTxInf[1]/AccptncDtTm",
    ),
    "two sums": (transfer(more='<IntrBkSttlmAmt Ccy="KZT">1</IntrBkSttlmAmt>'), "CdtTrfTxInf[1]/IntrBkSttlmAmt"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_by_its_path(what):
    text, path = WRONG[what]
    with pytest.raises((InvalidValue, InvalidFields)) as refused:
        read_pacs008(pacs008(text))
    assert [getattr(each, "field", None) for each in getattr(refused.value, "errors", [refused.value])] == [path]


def test_all_wrong_transfers_of_a_message_are_named_at_once():
    with pytest.raises(InvalidFields) as refused:
        read_pacs008(pacs008(transfer(1, payer="a b"), transfer(2), transfer(3, payee="c d")))
    assert [each.field for each in refused.value.errors] == [
        "CdtTrfTxInf[1]/DbtrAcct/Id/Othr/Id",
        "CdtTrfTxInf[3]/CdtrAcct/Id/Othr/Id",
    ]


@pytest.mark.parametrize("count", [0, 2, "x"])
def test_the_announced_number_of_transfers_is_checked(count):
    with pytest.raises(InvalidValue, match="GrpHdr/NbOfTxs"):
        read_pacs008(pacs008(transfer(), count=count))


def test_a_node_says_how_often_something_stands():
    root, _ = read_message(
        f'<Document xmlns="{NAMESPACE}pacs.008.001.08"><R><A/><A/></R></Document>'.encode(), "pacs.", "R"
    )
    assert isinstance(root, Node)
    assert [each.path for each in root.all("A")] == ["A[1]", "A[2]"]
    with pytest.raises(InvalidValue, match="A: stands more than once"):
        root.one("A")


def test_the_document_shows_every_field_where_it_is_read():
    page = (Path(__file__).parents[2] / "docs" / "iso20022.md").read_text()
    for field, paths in PATHS.items():
        assert f"| `{field}` | {', '.join(f'`{path}`' for path in paths)} |" in page
