"""The policy over a table says of every row what `Policy.decide` says of one."""

from math import nan

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.domain.policy import Policy
from models.backtest.ruling import Voice, rule_on

HARSH = st.sampled_from([Action.HOLD, Action.BLOCK])
THRESHOLDS = st.sampled_from([0.0, 0.2, 0.5, 0.5000000000000001, 1.0, 1.01])
BANKS = st.sampled_from(["bank-1", "bank-2", "bank-3"])
POLICIES = st.builds(
    lambda edges, blind, blind_of, share: Policy(
        version="p",
        hold_at=min(edges),
        block_at=max(edges),
        blind=blind,
        blind_of=blind_of,
        let_through_share=share,
    ),
    st.tuples(THRESHOLDS, THRESHOLDS),
    HARSH,
    st.dictionaries(BANKS, HARSH),
    st.sampled_from([0.0, 0.05, 0.1]),
)
VOICES = st.lists(HARSH, max_size=3).map(lambda demanded: [Voice(f"r{n}@1", each) for n, each in enumerate(demanded)])
SCORES = st.none() | st.just(nan) | THRESHOLDS | st.floats(0, 1)
LOTS = st.none() | st.sampled_from([0.0, 0.049, 0.05, 0.99])
UNREAD = st.lists(st.sampled_from(["features", "rules", "r0@1", "r9@9"]), unique=True, max_size=2)


@st.composite
def cases(draw):
    voices = draw(VOICES)
    row = st.tuples(BANKS, SCORES, UNREAD, st.tuples(*[st.booleans()] * len(voices)), LOTS)
    return voices, draw(st.lists(row, max_size=8))


@given(POLICIES, cases(), st.dictionaries(BANKS, HARSH))
@example(Policy(version="p", hold_at=0.5, block_at=0.5), ([], [("bank-1", 0.5, [], (), None)]), {})
@example(Policy(version="p", hold_at=0.5, block_at=0.9), ([], [("bank-1", 0.1, [], (), None)] * 3), {})
def test_a_table_is_ruled_on_as_each_row_by_itself(policy, case, chosen):
    voices, rows = case
    table = pl.DataFrame(
        {
            "participant": pl.Series([row[0] for row in rows], dtype=pl.String),
            "score": pl.Series([row[1] for row in rows], dtype=pl.Float64),
            "lot": pl.Series([row[4] for row in rows], dtype=pl.Float64),
            "unread": pl.Series([row[2] for row in rows], dtype=pl.List(pl.String)),
            **{
                voice.code: pl.Series([row[3][at] for row in rows], dtype=pl.Boolean) for at, voice in enumerate(voices)
            },
        }
    )
    ruled = rule_on(table, policy, voices, chosen)
    assert ruled.height == len(rows)
    for (participant, score, unread, fired, lot), said in zip(rows, ruled.iter_rows(named=True), strict=True):
        hits = [
            Reason(ReasonKind.RULE, voice.code, voice.action) for voice, hit in zip(voices, fired, strict=True) if hit
        ]
        action, reasons = policy.of(participant, chosen.get(participant)).decide(score, hits, unread, lot)
        assert said["action"] == action
        assert [(each["kind"], each["code"], each["action"]) for each in said["reasons"]] == [
            (each.kind, each.code, each.action) for each in reasons
        ]
