"""Laws that hold whatever the catalogue says."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antifraud.domain.report import Report, ReportSource
from features.catalogue import CATALOGUE
from features.spec import DAY, OF_REPORTS
from tests.parity import engines, oracle
from tests.parity.test_parity import differences
from tests.strategies import START, TICK, histories


@given(histories(), st.integers(1, 24))
def test_the_future_never_reaches_a_feature(history, cut):
    stream, reports = history
    past = stream[:cut]
    known = {(transfer.participant, transfer.transfer_id) for transfer in past}
    clock = max(transfer.received_at for transfer in past)
    heard = [r for r in reports if (r.participant, r.transfer_id) in known and r.known_at < clock]
    for engine in (engines.offline, engines.online):
        whole, part = engine(CATALOGUE, stream, reports), engine(CATALOGUE, past, heard)
        assert differences(whole[: len(part)], part) == []


@given(histories(), st.data())
def test_a_repeat_changes_nothing(history, data):
    stream, reports = history
    again = data.draw(st.sampled_from(stream))
    place = data.draw(st.integers(stream.index(again) + 1, len(stream)))
    repeated = [*stream[:place], replace(again, base_minor=again.base_minor + 1), *stream[place:]]
    for engine in (engines.offline, engines.online):
        assert differences(engine(CATALOGUE, repeated, reports), engine(CATALOGUE, stream, reports)) == []


@given(histories())
def test_a_report_changes_later_transfers_to_its_payee_and_never_an_earlier_one(history):
    stream, _ = history
    first, last = stream[0], stream[-1]
    moment = max(transfer.received_at for transfer in stream)
    report = Report(
        participant=first.participant,
        transfer_id=first.transfer_id,
        fraud=True,
        source=ReportSource.POLICE,
        known_at=moment,
    )
    later = replace(last, transfer_id="later", payee=first.payee, received_at=moment + TICK)
    longer = [*stream, later]
    for engine in (engines.offline, engines.online):
        before, after = engine(CATALOGUE, longer, []), engine(CATALOGUE, longer, [report])
        assert differences(before[:-1], after[:-1]) == []
        assert after[-1]["payee_reports_30d"] == before[-1]["payee_reports_30d"] + 1


@given(histories(), st.sampled_from([timedelta(hours=1), timedelta(days=31)]))
def test_a_withdrawn_report_leaves_no_trace(history, later):
    stream, _ = history
    moment = max(transfer.received_at for transfer in stream)
    about = stream[0]
    report = Report(
        participant=about.participant,
        transfer_id=about.transfer_id,
        fraud=True,
        source=ReportSource.POLICE,
        known_at=moment,
    )
    withdrawal = replace(report, fraud=False, known_at=moment + TICK)
    longer = [*stream, replace(about, transfer_id="later", received_at=moment + later)]
    for engine in (engines.offline, engines.online):
        said, never_said = engine(CATALOGUE, longer, [report, withdrawal]), engine(CATALOGUE, longer, [])
        assert differences(said, never_said) == []


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_table_lists_reports_says_nothing(history, random):
    stream, reports = history
    once = list({(r.participant, r.transfer_id, r.known_at): r for r in reports}.values())
    shuffled = random.sample(once, len(once))
    for engine in (engines.offline, engines.online):
        assert differences(engine(CATALOGUE, stream, once), engine(CATALOGUE, stream, shuffled)) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.permutations(range(4)), st.integers(1, 4))
def test_withdrawn_reports_leave_those_around_them_in_order(one_transfer, order, withdrawn):
    moments = [START + day * DAY for day in (0, 1, 2, 3, *range(9, 45, 3))]
    stream = [replace(one_transfer, transfer_id=str(n), received_at=moment) for n, moment in enumerate(moments)]

    def said(number, known_at, *, fraud):
        source = ReportSource.CLIENT_COMPLAINT
        return Report(participant="bank-1", transfer_id=str(number), fraud=fraud, source=source, known_at=known_at)

    reports = [said(number, START + (4 + number) * DAY, fraud=True) for number in range(4)]
    reports += [said(number, START + 8 * DAY + number * TICK, fraud=False) for number in order[:withdrawn]]
    of_reports = [feature for feature in CATALOGUE if feature.measure in OF_REPORTS]
    expected = oracle.vectors(of_reports, stream, reports)
    for engine in (engines.offline, engines.online):
        assert differences(engine(of_reports, stream, reports), expected) == []
