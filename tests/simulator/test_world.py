"""What holds for every simulated world."""

import ipaddress
import json
from importlib.resources import files

import holidays
import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain import identifiers
from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MAX_AMOUNT_MINOR
from antifraud.domain.report import ReportSource
from antifraud.domain.transfer import Channel
from antifraud.simulator import load_config
from antifraud.simulator.identifiers import impossible_bin, impossible_iin
from antifraud.simulator.kinds import FRAUDS, HONEST
from antifraud.simulator.people import populate
from antifraud.tables import REPORTS, TRANSFERS

from .conftest import BUSY, FILES, make

DAY = 24 * 3600


def test_the_files_have_exactly_the_columns_of_the_contract(world):
    assert world.transfers.schema == TRANSFERS
    assert world.reports.schema == REPORTS
    assert world.transfers.select("participant", "transfer_id").equals(world.truth.select("participant", "transfer_id"))
    assert world.summary["simulated"] is True
    assert world.people["simulated"].all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    again, other = make(tmp_path / "again"), make(tmp_path / "other", seed=6)
    for file in FILES:
        assert (again.folder / file).read_bytes() == (world.folder / file).read_bytes(), file
        assert (other.folder / file).read_bytes() != (world.folder / file).read_bytes(), file
    assert not set(other.transfers["payer_iin_bin"].drop_nulls()) >= set(world.transfers["payer_iin_bin"].drop_nulls())


def test_a_longer_world_begins_like_the_shorter_one_when_nobody_new_comes(tmp_path):
    settled = BUSY | {
        "accounts": {"opened_per_month": 0, "devices_changed_per_month": 0, "phones_changed_per_month": 0}
    }
    short, long = make(tmp_path / "s", overrides=settled, days=6), make(tmp_path / "l", overrides=settled, days=9)
    assert long.transfers.head(len(short.transfers)).equals(short.transfers)


def test_arrival_is_ordered_with_distinct_stamps_and_after_the_act(world):
    received = world.transfers["received_at"].dt.epoch("us")
    assert (received.diff().drop_nulls() > 0).all()
    assert (world.transfers["received_at"] >= world.transfers["occurred_at"]).all()
    assert world.transfers["transfer_id"].is_unique().all()


def test_every_row_passes_the_checks_of_the_domain(world):
    for name in ("payer", "payee"):
        for account in world.transfers[name].unique():
            identifiers.account_id(account, name)
        for number in world.transfers[f"{name}_iin_bin"].drop_nulls().unique():
            identifiers.iin_bin(number)
        for phone in world.transfers[f"{name}_phone"].drop_nulls().unique():
            identifiers.phone_number(phone)
    for purpose in world.transfers["purpose"].unique():
        identifiers.purpose_code(purpose)
    for column in ("participant", "transfer_id", "payer_bank", "payee_bank", "end_to_end_id", "device_id"):
        for opaque in world.transfers[column].drop_nulls().unique():
            identifiers.opaque_id(opaque, column)
    assert set(world.transfers["channel"]) <= {channel.value for channel in Channel}
    assert set(world.reports["source"]) <= {source.value for source in ReportSource}
    assert world.transfers["amount_minor"].is_between(1, MAX_AMOUNT_MINOR).all()
    assert world.transfers["base_minor"].equals(world.transfers["amount_minor"].alias("base_minor"))
    assert (world.transfers["payer"] != world.transfers["payee"]).all()
    assert (world.transfers["participant"] == world.transfers["payer_bank"]).all()


def test_no_identifier_can_belong_to_anybody(world):
    registry = files("schwifty").joinpath("bank_registry/generated_kz.json").read_text("utf-8")
    real_banks = {bank["bank_code"] for bank in json.loads(registry)}
    assert len(real_banks) > 10
    ibans = [account for account in world.people["account"] if account.startswith("KZ")]
    assert len(ibans) == len(set(ibans)) == len(world.people)
    assert not {iban[4:7] for iban in ibans} & real_banks
    owners = world.people.group_by("iin_bin").agg(pl.col("name").n_unique().alias("holders"))
    assert (owners["holders"] == 1).all()
    assert all(int(number[2:4]) > 12 for number in world.people["iin_bin"])
    for column in ("payer_phone", "payee_phone"):
        for phone in world.transfers[column].drop_nulls().unique():
            assert not phonenumbers.is_valid_number(phonenumbers.parse(phone))
    reserved = [ipaddress.ip_network("198.18.0.0/15"), ipaddress.ip_network("100.64.0.0/10")]
    for ip in world.transfers["ip"].drop_nulls().unique():
        assert any(ipaddress.ip_address(ip) in network for network in reserved), ip


@given(st.integers(0, 1_900_000), st.integers(1930, 2015))
def test_any_person_gets_an_impossible_iin_with_a_right_check_digit(ordinal, year):
    number = impossible_iin(ordinal, year)
    assert identifiers.iin_bin(number) == number
    assert int(number[2:4]) > 12
    assert number != impossible_iin(ordinal + 1, year)


@given(st.integers(0, 900_000), st.integers(2000, 2030))
def test_any_firm_gets_an_impossible_bin_with_a_right_check_digit(ordinal, year):
    number = impossible_bin(ordinal, year)
    assert identifiers.iin_bin(number) == number
    assert int(number[2:4]) > 12


def test_nobody_sends_or_receives_before_his_account_exists(world):
    opened = world.people.select("account", "opened")
    for side in ("payer", "payee"):
        known = world.transfers.join(opened, left_on=side, right_on="account")
        local = known["occurred_at"].dt.convert_time_zone("Asia/Almaty").dt.date()
        assert (known["opened"] <= local).all(), side
    # The test can fail: accounts are opened, and used, while the world lives.
    fresh = world.people.filter(pl.col("opened") > world.transfers["occurred_at"].dt.date().min())
    assert len(fresh.filter(pl.col("account").is_in(world.transfers["payer"].unique().implode()))) > 5


def test_an_account_age_is_the_days_since_it_was_opened(world):
    aged = world.transfers.drop_nulls("payee_account_age_days").join(
        world.people.select("account", "opened"), left_on="payee", right_on="account"
    )
    local = aged["occurred_at"].dt.convert_time_zone("Asia/Almaty").dt.date()
    assert ((local - aged["opened"]).dt.total_days() == aged["payee_account_age_days"]).all()


def test_a_bank_that_does_not_measure_a_signal_never_reports_it(world):
    banks = {bank["id"]: set(bank["measures"]) for bank in world.summary["config"]["banks"]}
    columns = {"device": "device_id", "payee_age": "payee_account_age_days"}
    for bank, measures in banks.items():
        own = world.transfers.filter(participant=bank)
        for signal in ("device", "ip", "new_device", "remote_access", "call_active", "phone_changed", "payee_age"):
            column = own[columns.get(signal, signal)]
            assert (column.null_count() < len(column)) == (signal in measures and len(column) > 0), (bank, signal)


def test_a_loan_shows_on_what_the_borrower_sends_within_a_day(world):
    lenders = world.people.filter(kind="lender")["account"]
    loans = world.transfers.filter(pl.col("payer").is_in(lenders.implode()))
    loans = loans.select(pl.col("payee").alias("payer"), pl.col("occurred_at").alias("lent_at"))
    measured = world.transfers.drop_nulls("loan_taken").select("transfer_id", "payer", "occurred_at", "loan_taken")
    lately = measured.join(loans, on="payer").filter(
        (pl.col("lent_at") < pl.col("occurred_at"))
        & (pl.col("occurred_at") - pl.col("lent_at") <= pl.duration(hours=24))
    )
    expected = measured["transfer_id"].is_in(lately["transfer_id"].implode())
    assert expected.sum() > 50
    # Arrival may reverse two instructions of the same moment, nothing more.
    assert (expected != measured["loan_taken"]).sum() <= 2


def test_wages_are_paid_on_working_days_only(world):
    days_off = holidays.country_holidays("KZ", years=(2025, 2026))
    paid = world.rows.filter(scheme="wages")["occurred_at"].dt.convert_time_zone("Asia/Almaty").dt.date().unique()
    assert len(paid) > 5
    assert not [day for day in paid if day.weekday() >= 5 or day in days_off]


def test_every_script_of_honest_life_and_fraud_happens(world):
    assert set(world.truth["scheme"].unique()) >= {*FRAUDS, *HONEST} - {"charity_collection", "big_purchase", "broker"}


def test_the_base_rate_is_kept(tmp_path):
    rare = make(tmp_path / "rare", overrides={"fraud": {"base_rate": 0.01}}, accounts=4_000, days=30)
    # Chains of weeks are cut off by the end of the world, so the share stays a little below.
    assert 0.005 < rare.truth["is_fraud"].mean() < 0.015


def test_from_the_day_of_a_shift_the_new_type_appears_and_never_before(tmp_path):
    drift = [{"from_day": 10, "shares": {"mistaken_transfer": 0.6}}]
    shifted = make(tmp_path, overrides={"fraud": {"base_rate": 0.03, "drift": drift}}, days=20)
    new = shifted.rows.filter(scheme="mistaken_transfer")
    start = shifted.rows["received_at"][0].replace(hour=0, minute=0, second=0)
    assert len(new) > 20
    assert (new["received_at"] - start).dt.total_days().min() >= 9


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"frauds": {}}, "frauds"),
        ({"fraud": {"base_rate": 0.5}}, "fraud.base_rate"),
        ({"fraud": {"shares": {"pyramid": 1}}}, "fraud.shares"),
        ({"fraud": {"shares": {"scam_call": -1}}}, "fraud.shares.scam_call"),
    ],
)
def test_a_wrong_knob_is_refused_by_its_name(overrides, field):
    with pytest.raises(InvalidValue) as refusal:
        load_config(overrides=overrides)
    assert refusal.value.field == field


def test_a_country_too_small_to_have_everybody_is_refused():
    with pytest.raises(InvalidValue, match="500"):
        populate(load_config(), 499, 10, 1)
