"""The fraud-detection handbook's window features in pandas, written anew from the book's definitions.

Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection - Practical
Handbook (2022), section 3.3 "Baseline feature transformation". A customer's count and mean amount over the last 1, 7
and 30 days, the payment itself included; a terminal's count and share of frauds over 1, 7 and 30 days that ended 7
days ago, when frauds have become known. A share of no payments is 0. Rolling windows over time, group by group.
"""

import pandas as pd

WINDOWS = (1, 7, 30)
DELAY = 7


def handbook_features(payments):
    """Return the twelve features of `payments` (moment, customer, terminal, amount, fraud; in order of time)."""
    customers = payments.groupby("customer", group_keys=False, sort=False)[["moment", "amount"]]
    terminals = payments.groupby("terminal", group_keys=False, sort=False)[["moment", "fraud"]]
    parts = [_of_groups(customers, _of_customer), _of_groups(terminals, _of_terminal)]
    return pd.concat([part.sort_index() for part in parts], axis=1)


def _of_groups(groups, features_of):
    return pd.concat([features_of(group) for _, group in groups])


def _of_customer(payments):
    amounts = payments.set_index("moment")["amount"]
    columns = {}
    for days in WINDOWS:
        window = amounts.rolling(f"{days}D")
        count = window.count()
        columns[f"customer_count_{days}d"] = count
        columns[f"customer_mean_{days}d"] = window.sum() / count
    return pd.DataFrame({name: values.to_numpy() for name, values in columns.items()}, index=payments.index)


def _of_terminal(payments):
    frauds = payments.set_index("moment")["fraud"]
    recent = frauds.rolling(f"{DELAY}D")
    recent_frauds, recent_count = recent.sum(), recent.count()
    columns = {}
    for days in WINDOWS:
        window = frauds.rolling(f"{DELAY + days}D")
        count = window.count() - recent_count
        columns[f"terminal_count_{days}d"] = count
        columns[f"terminal_share_{days}d"] = ((window.sum() - recent_frauds) / count).fillna(0.0)
    return pd.DataFrame({name: values.to_numpy() for name, values in columns.items()}, index=payments.index)
