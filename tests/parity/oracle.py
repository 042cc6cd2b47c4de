"""The definition of every measure, read aloud: a double loop, slow enough to be obviously right."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from features.spec import MATURITY, OF_REPORTS, RETENTION, Measure

KAZAKHSTAN = timezone(timedelta(hours=5))
# By the number of each: trained models know them by it.
CHANNELS = ["app", "web", "atm", "pos", "qr", "phone_transfer", "card", "branch", "cash_in", "cash_out", "debit"]
CHANNELS += ["api", "other"]


def flag(value):
    return None if value is None else {False: 0.0, True: 1.0}[value]


def crosses_banks(transfer):
    banks = [transfer.payer_bank, transfer.payee_bank]
    return None if None in banks else float(len(set(banks)) == 2)


# What a transfer says of itself, in plain Python and in nothing that the engines call.
OF_ITSELF = {
    "amount": lambda transfer: float(transfer.base_minor),
    "amount_is_round": lambda transfer: float(divmod(transfer.base_minor, 100_000)[1] == 0),
    "hour_of_day": lambda transfer: float(transfer.occurred_at.astimezone(KAZAKHSTAN).hour),
    "day_of_week": lambda transfer: float(transfer.occurred_at.astimezone(KAZAKHSTAN).weekday()),
    "arrival_delay": lambda transfer: seconds(transfer.received_at, transfer.occurred_at),
    "channel": lambda transfer: float(CHANNELS.index(transfer.channel)),
    "purpose": lambda transfer: None if transfer.purpose is None else float(transfer.purpose),
    "crosses_banks": crosses_banks,
    "new_device": lambda transfer: flag(transfer.new_device),
    "remote_access": lambda transfer: flag(transfer.remote_access),
    "call_active": lambda transfer: flag(transfer.call_active),
    "phone_changed": lambda transfer: flag(transfer.phone_changed),
    "loan_taken": lambda transfer: flag(transfer.loan_taken),
    "payee_account_age_days": lambda transfer: (
        None if transfer.payee_account_age_days is None else float(transfer.payee_account_age_days)
    ),
}


@dataclass(frozen=True)
class Seen:
    """A transfer with the instant at which the engine's clock stood when it came."""

    transfer: object
    at: datetime


@dataclass(frozen=True)
class Known:
    """A stretch of time during which a transfer was known as fraud: from strictly after to, at the latest, until."""

    transfer: object
    after: datetime
    until: datetime | None


def arrivals(transfers):
    """Each transfer once, with the arrival clock: the running maximum of received_at."""
    seen, stream, clock = set(), [], None
    for transfer in transfers:
        key = (transfer.participant, transfer.transfer_id)
        if key in seen:
            continue
        seen.add(key)
        clock = transfer.received_at if clock is None else max(clock, transfer.received_at)
        stream.append(Seen(transfer, clock))
    return stream


def known_frauds(stream, reports):
    """When each transfer was known as fraud. A report cannot be known before its transfer was."""
    by_key = {(seen.transfer.participant, seen.transfer.transfer_id): seen for seen in stream}
    stretches = []
    for key, seen in by_key.items():
        since = None
        mine = [r for r in reports if (r.participant, r.transfer_id) == key]
        for report in sorted(mine, key=lambda r: (max(r.known_at, seen.at), r.known_at)):
            at = max(report.known_at, seen.at)
            if report.fraud and since is None:
                since = at
            elif not report.fraud and since is not None:
                stretches.append(Known(seen.transfer, since, at))
                since = None
        if since is not None:
            stretches.append(Known(seen.transfer, since, None))
    return stretches


def holds(past, role, mine):
    return [getattr(past, name) for name in role] == mine


def value_of(feature, now, stream, frauds, vector):
    """Return one feature of `now`, or None."""
    if feature.measure is Measure.VALUE:
        return OF_ITSELF[feature.field](now.transfer)
    if feature.measure is Measure.RATIO:
        upper, lower = (vector[name] for name in feature.operands)
        return None if upper is None or lower is None or lower == 0 else upper / lower
    mine = [getattr(now.transfer, name) for name in feature.ask]
    if None in mine:
        return None
    before = [past for past in stream if past.at < now.at and holds(past.transfer, feature.role, mine)]
    if feature.measure in OF_REPORTS:
        reported = [
            known
            for known in frauds
            if holds(known.transfer, feature.role, mine)
            and now.at - feature.over <= known.after < now.at
            and (known.until is None or now.at <= known.until)
        ]
        moments = [known.after for known in reported]
        if feature.measure is Measure.REPORTS:
            return float(len(moments))
        if not moments:
            return None
        if feature.measure is Measure.SURPRISE:
            return sum(surprise(known, stream) for known in reported) / (len(reported) * 1024)
        if feature.measure is Measure.MATURED:
            return float(sum(max(moments) - MATURITY <= past.at < now.at - MATURITY for past in before))
        return seconds(now.at, max(moments) if feature.measure is Measure.SINCE_REPORT else min(moments))
    window = [past for past in before if now.at - feature.over <= past.at]
    if feature.older_than is not None:
        window = [past for past in window if past.at < now.at - feature.older_than]
    if feature.measure is Measure.SINCE_LAST:
        return seconds(now.at, max(past.at for past in window)) if window else None
    if feature.measure is Measure.AGE:
        return seconds(now.at, run_start(before)) if window else None
    amounts = [past.transfer.base_minor for past in window]
    if feature.measure is Measure.COUNT:
        return float(len(window))
    if feature.measure is Measure.TOTAL:
        return float(sum(amounts))
    if feature.measure is Measure.MEAN:
        return sum(amounts) / len(amounts) if amounts else None
    if feature.measure is Measure.MAX:
        return float(max(amounts)) if amounts else None
    named = [past for past in window if getattr(past.transfer, feature.field) is not None]
    if feature.measure is Measure.DISTINCT:
        return float(len({getattr(past.transfer, feature.field) for past in named}))
    assert feature.measure is Measure.NEWCOMERS
    return float(sum(is_newcomer(past, before, feature.field) for past in named))


def surprise(known, stream):
    """The logarithm of the amount over the payer's mean when it became known, in 1024ths of a doubling."""
    habit = [
        past.transfer.base_minor
        for past in stream
        if past.transfer.payer == known.transfer.payer and known.after - RETENTION <= past.at < known.after
    ]
    if sum(habit) == 0 or known.transfer.base_minor == 0:
        return 0
    fraction, exponent = math.frexp(known.transfer.base_minor / (sum(habit) / len(habit)))
    return (exponent - 1) * 1024 + math.floor((2 * fraction - 1) * 1024)


def is_newcomer(past, before, field):
    who = getattr(past.transfer, field)
    return not any(
        getattr(earlier.transfer, field) == who and past.at - RETENTION <= earlier.at < past.at for earlier in before
    )


def run_start(before):
    """The first of the moments behind which no gap longer than RETENTION lies."""
    moments = sorted(past.at for past in before)
    start = moments[-1]
    for moment in reversed(moments):
        if start - moment > RETENTION:
            break
        start = moment
    return start


def seconds(now, then):
    micros = (now - then).days * 86_400_000_000 + (now - then).seconds * 1_000_000 + (now - then).microseconds
    return micros / 1e6


def vectors(catalogue, transfers, reports):
    """Return {feature: value} for each transfer that arrived, in order."""
    stream = arrivals(transfers)
    frauds = known_frauds(stream, reports)
    rows = []
    for now in stream:
        vector = {}
        for feature in catalogue:
            vector[feature.name] = value_of(feature, now, stream, frauds, vector)
        rows.append(vector)
    return rows


def same(left, right):
    """Equal, bit for bit; absent equals only absent."""
    if left is None or right is None:
        return left is right
    return left == right and math.copysign(1, left) == math.copysign(1, right)
