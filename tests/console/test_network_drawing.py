"""A drawn network: every account has a spot of its own, and nothing that people wrote can break out of it."""

from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.network import Account, Link, Network
from api.console.drawing.layout import layout
from api.console.drawing.network import Words, network_svg

NOON = datetime(2026, 3, 2, 7, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ['"><script>alert(1)</script>', "a&b", "Ä'\"<", "]]>"]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text("abc", min_size=1, max_size=2))


@st.composite
def networks(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=12, unique=True))
    shares = st.one_of(st.none(), st.integers(0, 1_100_000))
    accounts = {
        name: Account(account=name, bank=None, column=draw(st.integers(-2, 3)), share_ppm=draw(shares))
        for name in names
    }
    ends = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=20, unique=True))
    links = tuple(
        Link(
            payer=payer, payee=payee, currency="KZT", count=draw(st.integers(0, 3)), first=NOON, last=NOON,
            amount_minor=draw(st.integers(0, 10**14)), tainted_minor=draw(st.one_of(st.none(), st.integers(0, 9))),
        )
        for payer, payee in ends
    )  # fmt: skip
    return Network(accounts=accounts, links=links)


def words():
    def name(account):
        return account.account

    def ends(link):
        return f"{link.payer} > {link.payee}"

    return Words(
        title="Network", account=name, below=name, about=name, link=ends, about_link=ends,
        address=lambda account: f"/console/accounts/{account.account}",
    )  # fmt: skip


@given(networks())
def test_each_account_has_a_spot_of_its_own_in_its_column_and_it_stays(network):
    spots = layout(network)
    assert set(spots) == set(network.accounts)
    assert len(set(spots.values())) == len(spots)
    columns = sorted({each.column for each in network.accounts.values()})
    assert all(columns[spots[name].column] == each.column for name, each in network.accounts.items())
    assert layout(network) == spots


@given(networks())
def test_the_picture_is_well_formed_and_says_what_was_written_as_text(network):
    drawn = ElementTree.fromstring(network_svg(network, words(), middle=next(iter(network.accounts))))
    titles = [each.text for each in drawn.iter(f"{SVG}title")]
    assert sorted(titles[1:]) == sorted(
        [each.account for each in network.accounts.values()]
        + [f"{each.payer} > {each.payee}" for each in network.links]
    )
    assert not list(drawn.iter(f"{SVG}script"))
    assert len(list(drawn.iter(f"{SVG}a"))) == len(network.accounts)


def test_few_lines_cross_where_none_has_to():
    names = {f"{letter}{number}": column for column, letter in enumerate("az") for number in range(10)}
    accounts = {name: Account(account=name, bank=None, column=column) for name, column in names.items()}
    links = tuple(
        Link(payer=f"a{n}", payee=f"z{9 - n}", currency="KZT", count=1, amount_minor=1, first=NOON, last=NOON)
        for n in range(10)
    )
    spots = layout(Network(accounts=accounts, links=links))
    assert all(spots[link.payer].row == spots[link.payee].row for link in links)
