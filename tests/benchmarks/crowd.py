"""A book as after months of a large bank: cases by their real acts, movements by the million in one statement.

One payee of fifty is `bench:0`, as a utility would be: too busy to look behind.
"""

import random
from contextlib import closing
from datetime import timedelta

from sqlalchemy import text

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import Assigned, Held, HeldWhat, RefusalGround, Refused
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.typology import FraudType
from antifraud.store.center import open_book

BANK = "fictional-bank"
OFFICER = Actor(BANK, Role.BANK_OFFICER, "bolat")
DAYS = 90
_ANALYSTS = 20
_IN_ONE = 5_000  # cases in one transaction
_STEP = 5 * 60 * 1_000_000
_LAST_LEVEL = 2 << 48  # as `antifraud.store.center.ends` numbers the parts of what has long been merged
# Numbers below 0: they are from before the log of decisions begins.
_MOVEMENTS = text(
    "WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < :count), "
    "drawn AS (SELECT i, i * 2654435761 % 4294967291 % :accounts AS payer, "
    "CASE i % 50 WHEN 7 THEN 0 ELSE (i + 77) * 2246822519 % 4294967291 % :accounts END AS payee, "
    "100 + i * 7919 % 30000000 AS minor, "
    "CASE i % 2 WHEN 0 THEN :bank ELSE 'bank-' || (i % 9) END AS bank FROM number) "
    "INSERT INTO movements SELECT i - :count, bank, 'past-' || i, 'bench:' || payer, 'bench:' || payee, minor, 'KZT', "
    "minor, :begin + i * :step, CASE i % 200 WHEN 0 THEN 'hold' WHEN 1 THEN 'block' ELSE 'allow' END, NULL, bank, "
    "'bank-' || (i % 7) FROM drawn"
)
_ENDS = text(
    f"INSERT INTO movement_ends SELECT {_LAST_LEVEL} + (seq >> 26), account, side, at, seq FROM "
    "(SELECT payer AS account, 0 AS side, at, seq FROM movements UNION ALL SELECT payee, 1, at, seq FROM movements) "
    "ORDER BY 1, 2, 3, 4, 5"
)
_FLOWS = text(
    "INSERT INTO flows SELECT participant, at - at % :step, action, count(*), sum(base_minor) FROM movements "
    "GROUP BY 1, 2, 3"
)
_SIGHTINGS = text(
    "WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < :accounts) "
    "INSERT INTO sightings SELECT 'device', 'd' || (i / 3), 'bench:' || i, :bank, :begin, :begin FROM number"
)


def crowded(book_url, now, cases, transfers, accounts):
    """Fill a new book: `cases` of BANK, three of five still open, and what moved between accounts in DAYS."""
    with closing(open_book(book_url)) as book:
        begin = round((now - timedelta(days=DAYS)).timestamp() * 1e6)
        span = {"begin": begin, "step": DAYS * 86_400_000_000 // transfers}
        with book.engine.begin() as connection:
            connection.execute(_MOVEMENTS, {"count": transfers, "accounts": accounts, "bank": BANK, **span})
            connection.execute(_ENDS)
            connection.execute(_FLOWS, {"step": _STEP})
            connection.execute(_SIGHTINGS, {"accounts": accounts, "bank": BANK, "begin": begin})
        draw = random.Random(1)
        for start in range(0, cases, _IN_ONE):
            numbers = range(start, min(start + _IN_ONE, cases))
            book.write_now(lambda page, numbers=numbers: [_case(page, each, now, accounts, draw) for each in numbers])


def _case(page, number, now, accounts, draw):
    """Let a case begin, and be taken by somebody or be over, by the acts that would have done so."""
    at = now - timedelta(minutes=draw.randrange(10, 4 * 24 * 60))
    act = Held(
        by=OFFICER,
        at=at,
        bank=BANK,
        what=HeldWhat.INSTRUCTION,
        participant=BANK,
        transfer_id=f"past-case-{number}",
        account=f"bench:{draw.randrange(accounts)}",
        amount_minor=draw.randrange(100_000, 500_000_000),
        currency="KZT",
        basis=BasisKind.BANK_SUSPICION,
        score=draw.random(),
        fraud_type=draw.choice([each.value for each in FraudType]),
    )
    hold = page.act(None, Hold.begin(page.new_id(at), act), act)
    later = at + timedelta(minutes=draw.randrange(1, 9))
    if number % 5 < 2:
        refused = Refused(by=OFFICER, at=later, reason="It is fraud.", because=RefusalGround.FRAUD)
        page.act(hold, hold.apply(refused), refused)
    elif number % 5 == 2:
        given = Assigned(by=OFFICER, at=later, to=f"analyst-{draw.randrange(_ANALYSTS)}")
        page.act(hold, hold.apply(given), given)
