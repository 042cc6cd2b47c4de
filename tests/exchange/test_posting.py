"""Nobody is brought to reach, by a webhook, what only the engine's own machine or network can reach."""

import asyncio
import ipaddress
import ssl

import pytest

from antifraud.domain.errors import InvalidValue
from api.exchange.posting import Poster
from tests.exchange.receiver import receiving

FORBIDDEN = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]
PUBLIC = "93.184.215.14"


def names(*answers):
    """Return a resolver that gives these answers one after another, the last one for ever."""
    left = [[each] if isinstance(each, str) else each for each in answers]

    async def resolve(host, port):
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def checked(url, *answers, **more):
    return asyncio.run(Poster(names(*answers), **more).check(url))


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_name_leads_to_an_address_that_is_not_public(address):
    with pytest.raises(InvalidValue, match="not a public address"):
        checked("https://bank.example/hook", address)
    with pytest.raises(InvalidValue, match="not a public address"):
        checked("https://bank.example/hook", [PUBLIC, address])


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://bank.example/", "must be https"),
        ("ftp://bank.example/", "must be https"),
        ("file:///etc/passwd", "must be https"),
        ("https://", "must be https"),
        ("https://user:secret@bank.example/", "no user"),
        ("https://bank.example/#here", "no user, password or fragment"),
        ("https://bank.example:99999/", "port"),
        ("https://" + "a" * 500 + ".example/", "at most 500"),
        ("not a url", "must be https"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_reason(url, problem):
    with pytest.raises(InvalidValue, match=problem) as refused:
        checked(url, PUBLIC)
    assert refused.value.field == "url"


def test_a_public_address_is_taken():
    assert checked("https://bank.example/hook", PUBLIC) == PUBLIC
    assert ipaddress.ip_address(checked("https://bank.example/hook", "2606:4700::1111"))


def test_a_name_that_leads_elsewhere_after_its_registration_gets_nothing():
    """Between the look and the connection there is no second look: the post goes to the address that was checked."""
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        url = f"https://rebinding.example:{port}/hook"
        poster = Poster(names(PUBLIC, "127.0.0.1"))

        async def story():
            await poster.check(url)
            return await poster.post(url, b"{}", {})

        receipt = asyncio.run(story())
        assert receipt.status is None
        assert receipt.problem == "rebinding.example is not a public address"
        assert receiver.posts == []


def test_the_connection_goes_to_the_address_that_was_checked_under_the_name_that_was_asked_for():
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        poster = Poster(names("127.0.0.1"), to_loopback=True)
        receipt = asyncio.run(poster.post(f"http://no-such-name.example:{port}/hook?x=1", b"{}", {}))
        assert (receipt.status, receipt.problem) == (204, None)
        assert receiver.posts[0][0]["host"] == f"no-such-name.example:{port}"


def test_loopback_is_for_who_allowed_it_and_then_for_nothing_else():
    with pytest.raises(InvalidValue, match="not a public address"):
        checked("https://localhost/", "10.0.0.1", to_loopback=True)
    with pytest.raises(InvalidValue, match="must be https"):
        checked("http://bank.example/", ["127.0.0.1", PUBLIC], to_loopback=True)
    assert checked("http://localhost/", "127.0.0.1", to_loopback=True) == "127.0.0.1"


def test_a_redirect_is_a_failure_and_not_followed():
    with receiving() as elsewhere, receiving() as receiver:
        receiver.status, receiver.headers = 307, {"location": elsewhere.url}
        receipt = asyncio.run(Poster(names("127.0.0.1"), to_loopback=True).post(receiver.url, b"{}", {}))
        assert (receipt.status, receipt.problem) == (307, "the receiver answered 307")
        assert elsewhere.posts == []


def test_trusted_certificates_are_read_once_however_much_is_posted(monkeypatch):
    read, as_ever = [], ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda *given, **more: read.append(1) or as_ever(*given, **more))
    with receiving() as receiver:
        poster = Poster(names("127.0.0.1"), to_loopback=True)
        receipts = [asyncio.run(poster.post(receiver.url, b"{}", {})) for _ in range(5)]
    assert [receipt.status for receipt in receipts] == [204] * 5
    assert read == [1]


def test_what_does_not_answer_or_speaks_no_tls_is_a_receipt_too():
    async def unknown(host, port):
        raise OSError("no such name")

    receipt = asyncio.run(Poster(unknown).post("https://bank.example/", b"{}", {}))
    assert "cannot be resolved" in receipt.problem
    with receiving() as receiver:
        url = receiver.url.replace("http://", "https://")
        receipt = asyncio.run(Poster(names("127.0.0.1"), to_loopback=True).post(url, b"{}", {}))
        assert receipt.status is None
        assert receipt.problem
