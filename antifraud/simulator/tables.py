"""The country's days as tables: transfers, the truth about them, reports, people."""

from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.transfer import Channel
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import Bools, Ints, Role
from antifraud.simulator.identifiers import ips
from antifraud.simulator.kinds import CHANNEL, CHANNELS, SCHEMES, SOURCES, Kind
from antifraud.simulator.life import Chapter
from antifraud.simulator.naming import Names, column
from antifraud.simulator.people import CITIES
from antifraud.simulator.reports import Known
from antifraud.simulator.session import Session
from antifraud.tables import REPORTS, TRANSFERS

TRUTH: Final = pl.Schema(
    {
        "participant": pl.String,
        "transfer_id": pl.String,
        "scheme": pl.String,
        "is_fraud": pl.Boolean,
        "stolen_minor": pl.Int64,
        "chain_id": pl.Int64,
        "hop": pl.Int8,
        "payer_role": pl.String,
        "payee_role": pl.String,
    }
)
"""Ground truth, a row for each transfer in the same order. `stolen_minor` is how much of the amount is victims'
money; `is_fraud` says that it is above zero. `chain_id` is null in honest life; `hop` 1 is the victim's own
transfer, 0 a step of the script that moves no stolen money (a loan, a bait)."""


def transfer_table(country: Country, names: Names, chapter: Chapter) -> pl.DataFrame:
    """Return the transfers of a chapter in order of arrival, with the columns of TRANSFERS."""
    drafts, session, people = chapter.drafts, chapter.session, country.people
    payer_bank, payee_bank = people.bank[drafts.payer], people.bank[drafts.payee]
    within = payer_bank == payee_bank
    to_phone = (drafts.channel == CHANNEL[Channel.PHONE_TRANSFER]) & (people.age[drafts.payee] > 0)
    epoch = country.calendar.epoch
    return pl.DataFrame(
        {
            "participant": names.banks.gather(payer_bank),
            "transfer_id": chapter.ids("S"),
            "payer": names.accounts.gather(drafts.payer),
            "payee": names.accounts.gather(drafts.payee),
            "amount_minor": drafts.amount,
            "currency": pl.repeat("KZT", len(drafts), eager=True),
            "base_minor": drafts.amount,
            "channel": column(list(CHANNELS)).gather(drafts.channel),
            "occurred_at": drafts.at + epoch,
            "received_at": chapter.received + epoch,
            "purpose": pl.Series(drafts.purpose).cast(pl.String).str.zfill(3),
            "end_to_end_id": _where(~within, chapter.ids("E2E")),
            "payer_bank": names.banks.gather(payer_bank),
            "payee_bank": _where(payee_bank >= 0, names.banks.gather(np.maximum(payee_bank, 0))),
            "payer_iin_bin": names.owners.gather(drafts.payer),
            # A transfer to a phone number at another bank does not tell whose number it is.
            "payee_iin_bin": _where(within | ~to_phone, names.owners.gather(drafts.payee)),
            "payer_phone": _where(session.device >= 0, _phones(country, names, drafts.payer, drafts.at)),
            "payee_phone": _where(to_phone, _phones(country, names, drafts.payee, drafts.at)),
            "device_id": _where(session.device >= 0, names.devices.gather(np.maximum(session.device, 0))),
            "ip": _addresses(session),
            "new_device": _flag(session.new_device),
            "remote_access": _flag(session.remote_access),
            "call_active": _flag(session.call_active),
            "phone_changed": _flag(session.phone_changed),
            "loan_taken": _flag(session.loan_taken),
            "payee_account_age_days": _where(session.payee_age >= 0, pl.Series(session.payee_age)),
        },
    ).cast(TRANSFERS)


def truth_table(country: Country, names: Names, chapter: Chapter) -> pl.DataFrame:
    """Return the truth about a chapter's transfers, row by row."""
    drafts = chapter.drafts
    chained = drafts.chain >= 0
    roles = column([role.name.lower() for role in Role])
    return pl.DataFrame(
        {
            "participant": names.banks.gather(country.people.bank[drafts.payer]),
            "transfer_id": chapter.ids("S"),
            "scheme": column(list(SCHEMES)).gather(drafts.scheme),
            "is_fraud": drafts.stolen > 0,
            "stolen_minor": drafts.stolen,
            "chain_id": _where(chained, pl.Series(drafts.chain)),
            "hop": _where(chained, pl.Series(drafts.hop)),
            "payer_role": roles.gather(drafts.payer_role),
            "payee_role": roles.gather(drafts.payee_role),
        }
    ).cast(TRUTH)


def report_table(country: Country, names: Names, chapter: Chapter, known: Known) -> pl.DataFrame:
    """Return what will be reported about a chapter's transfers, with the columns of REPORTS."""
    drafts = chapter.drafts.take(known.row)
    own_bank = names.banks.gather(country.people.bank[drafts.payer])
    return pl.DataFrame(
        {
            "participant": own_bank,
            "transfer_id": chapter.ids("S").gather(known.row),
            "fraud": known.fraud,
            "source": column(list(SOURCES)).gather(known.source),
            "known_at": known.at + country.calendar.epoch,
            "fraud_type": _where(drafts.chain >= 0, column(list(SCHEMES)).gather(drafts.scheme)),
            "reporter": _where(known.by_payee_bank, names.banks.gather(country.people.bank[drafts.payee])),
        }
    ).cast(REPORTS)


def people_table(country: Country, names: Names, mules: Ints, victims: Ints) -> pl.DataFrame:
    """Return every account with its fictional holder; `role` is what it was in the frauds, if anything."""
    people = country.people
    count = people.inside
    of_person = people.age[:count] > 0
    labels = [
        f"Fictional {'person' if person else 'firm'} {holder:07d}"
        for person, holder in zip(of_person.tolist(), people.holder[:count].tolist(), strict=True)
    ]
    accounts = np.arange(count)
    role = np.where(np.isin(accounts, mules), 1, np.where(np.isin(accounts, victims), 2, 0))
    opened = np.datetime64(country.calendar.start) + people.opened[:count]
    return pl.DataFrame(
        {
            "account": names.accounts.head(count),
            "name": labels,
            "iin_bin": names.owners.head(count),
            "bank": names.banks.gather(people.bank[:count]),
            "city": column([city for city, _ in CITIES]).gather(people.city[:count]),
            "age": _where(of_person, pl.Series(people.age[:count])),
            "kind": column([kind.name.lower() for kind in Kind]).gather(people.kind[:count]),
            "opened": pl.Series(opened),
            "role": _where(role > 0, column(["", "mule", "victim"]).gather(role)),
            "simulated": pl.repeat(True, count, eager=True),
        }
    )


def _phones(country: Country, names: Names, account: Ints, at: Ints) -> pl.Series:
    """Return phone numbers of holders; for a firm a meaningless one, to be masked by the caller."""
    people = country.people
    person = np.where(people.age[account] > 0, people.holder[account], 0)
    return names.phones.gather(country.devices.phone(person, at))


def _where(mask: Bools, values: pl.Series) -> pl.Series:
    """Keep values where the mask holds; null elsewhere."""
    return pl.select(pl.when(pl.Series(mask)).then(values)).to_series()


def _flag(said: Ints) -> pl.Series:
    return _where(said >= 0, pl.Series(said == 1))


def _addresses(session: Session) -> pl.Series:
    number = np.maximum(session.ip, 0)
    carrier = pl.Series(session.ip_range == 1)
    address = pl.select(pl.when(carrier).then(ips(number, "carrier")).otherwise(ips(number, "home"))).to_series()
    return _where(session.ip >= 0, address)
