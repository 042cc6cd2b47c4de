"""What every fraud script keeps to: money, time, reports and truth."""

import polars as pl

from antifraud.simulator.kinds import FRAUDS

MOST_KEPT = 0.03
NOTES = 5_000_00  # cash leaves in notes


def ledgers(world):
    """Stolen money in and out of each account of each chain, in order of the acts."""
    moved = world.rows.filter("is_fraud")
    came = moved.select("chain_id", "occurred_at", account="payee", minor="stolen_minor", role="payee_role")
    went = moved.select("chain_id", "occurred_at", account="payer", minor=-pl.col("stolen_minor"), role="payer_role")
    both = pl.concat([came, went])
    return both.sort("chain_id", "account", "occurred_at", "minor", descending=[False, False, False, True])


def test_no_account_passes_on_stolen_money_that_it_has_not_received(world):
    mules = ledgers(world).filter(pl.col("role") != "victim")
    balance = mules.select(pl.col("minor").cum_sum().over("chain_id", "account"))
    assert len(balance) > 1_000
    assert (balance["minor"] >= 0).all()


def test_money_is_conserved_along_every_chain(world):
    moved = world.rows.filter("is_fraud")
    sums = moved.group_by("chain_id").agg(
        robbed=pl.col("stolen_minor").filter(pl.col("payer_role") == "victim").sum(),
        cashed=pl.col("stolen_minor").filter(pl.col("payee_role") == "cash_out").sum(),
    )
    rests = (
        ledgers(world)
        .filter(~pl.col("role").is_in(["victim", "cash_out"]))
        .group_by("chain_id")
        .agg(held=pl.col("minor").sum())
    )
    checked = sums.join(rests, on="chain_id")
    assert len(checked) == len(sums) > 50
    assert (checked["robbed"] == checked["cashed"] + checked["held"]).all()


def test_a_mule_who_passes_money_on_keeps_his_fee_and_no_more(world):
    amounts = world.rows.filter("is_fraud")
    end = world.rows["received_at"].max()
    last = amounts.group_by("chain_id").agg(pl.col("occurred_at").max())
    ended = last.filter(pl.col("occurred_at") < end - pl.duration(days=4)).select("chain_id")
    totals = (
        ledgers(world)
        .join(ended, on="chain_id")
        .filter(~pl.col("role").is_in(["victim", "cash_out"]))
        .group_by("chain_id", "account")
        .agg(came=pl.col("minor").filter(pl.col("minor") > 0).sum(), held=pl.col("minor").sum(), times=pl.len())
    )
    passed = totals.filter((pl.col("held") < pl.col("came") * 0.5) & (pl.col("times") == 2))
    assert len(passed) > 30
    # Rounding down to typed sums, a twentieth at most, and coins that no machine gives.
    assert (passed["held"] <= (MOST_KEPT + 0.05) * passed["came"] + NOTES).all()


def test_stolen_money_is_part_of_the_transfer_and_fraud_means_that_there_is_some(world):
    rows = world.rows
    assert (rows["stolen_minor"] <= rows["amount_minor"]).all()
    assert (rows["is_fraud"] == (rows["stolen_minor"] > 0)).all()
    mixed = rows.filter((pl.col("stolen_minor") > 0) & (pl.col("stolen_minor") < pl.col("amount_minor")))
    assert len(mixed) > 20
    assert (rows.filter(hop=1)["payer_role"] == "victim").all()
    assert (rows.filter(pl.col("chain_id").is_null())["payer_role"] == "client").all()


def test_chains_have_the_hops_that_the_knobs_allow(world):
    deepest = max(map(int, world.summary["config"]["networks"]["layers"])) + 1
    hops = world.rows.filter("is_fraud")["hop"]
    assert hops.min() == 1
    assert 3 < hops.max() <= deepest + 1  # an unwitting person adds one
    banks = world.rows.filter(pl.col("hop") > 1).group_by("chain_id").agg(pl.col("payer_bank").n_unique())
    assert banks["payer_bank"].max() > 2


def test_reports_never_precede_their_transfer_and_are_about_one(world):
    about = world.reports.join(world.transfers, on=["participant", "transfer_id"], how="left")
    assert about["received_at"].null_count() == 0
    assert (about["known_at"] > about["received_at"]).all()
    truth = world.reports.join(world.truth, on=["participant", "transfer_id"])
    honest = truth.filter(~pl.col("is_fraud"))
    withdrawn = set(world.reports.filter(~pl.col("fraud"))["transfer_id"])
    wrong = honest.filter((pl.col("scheme").is_in(FRAUDS)).not_() & pl.col("fraud"))
    assert len(wrong) > 0
    assert set(wrong["transfer_id"]) <= withdrawn


def test_some_frauds_of_each_type_are_never_reported_and_some_are(world):
    told = world.reports.filter("fraud")["transfer_id"].unique()
    robbed = world.rows.filter(hop=1).with_columns(told=pl.col("transfer_id").is_in(told.implode()))
    incidents = robbed.group_by("scheme", "chain_id", "payer").agg(pl.col("told").all())
    shares = incidents.group_by("scheme").agg(pl.col("told").mean(), pl.len()).filter(pl.col("len") > 15)
    assert len(shares) >= 3
    assert shares["told"].is_between(0.2, 0.95).all()


def test_victims_and_mules_live_honest_lives_too(world):
    honest = world.rows.filter(pl.col("chain_id").is_null())
    active = set(honest["payer"]) | set(honest["payee"])
    for role in ("mule", "victim"):
        accounts = set(world.people.filter(role=role)["account"])
        assert len(accounts) > 20
        assert len(accounts & active) > 0.9 * len(accounts), role


def test_no_device_address_or_channel_is_seen_in_fraud_alone(world):
    fraud, honest = world.rows.filter("is_fraud"), world.rows.filter(~pl.col("is_fraud"))
    assert set(fraud["channel"]) <= set(honest["channel"])
    assert set(fraud["purpose"]) <= set(honest["purpose"])
    devices = set(fraud["device_id"].drop_nulls())
    own = devices & set(honest["device_id"].drop_nulls())
    assert len(own) > 0.9 * len(devices)
    for signal in ("new_device", "remote_access", "call_active", "phone_changed", "loan_taken"):
        assert honest[signal].sum() > fraud[signal].sum() * 0.3, signal
        assert fraud[signal].null_count() > 0, signal
