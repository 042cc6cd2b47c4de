"""Every behavioural feature, one line each: this file is the data dictionary (see docs/features.md).

A window is `[t - over, t)` on the arrival clock: it never contains the transfer being scored. Names are
`<whose>_<measure>_<window>`. The order is the vector's; a change here changes the fingerprint, and a model
trained before it no longer loads.
"""

from datetime import timedelta
from typing import Final

from features.spec import DAY, HOUR, MINUTE, Feature, history_of, ratio, value

FIVE_MINUTES: Final = 5 * MINUTE
WEEK: Final = timedelta(days=7)
FORTNIGHT: Final = timedelta(days=14)
MONTH: Final = timedelta(days=30)

PAYER = history_of("payer")
PAYEE = history_of("payee")
PAYEE_AS_PAYER = history_of("payee", when=("payer",))  # what this payee did when it was the one paying
PAYER_AS_PAYEE = history_of("payer", when=("payee",))  # what came in to this payer
PAIR = history_of("payer", "payee")
BACK = history_of("payee", "payer", when=("payer", "payee"))  # this payee paying this payer
DEVICE = history_of("device_id")
IP = history_of("ip")
PAYER_ON_DEVICE = history_of("payer", "device_id")

CATALOGUE: Final[tuple[Feature, ...]] = (
    # The transfer itself
    value("amount_minor", "amount", why="large sums are worth stealing"),
    value("amount_is_round", "amount_is_round", why="sums that a person names on the phone are round"),
    value("hour_of_day", "hour_of_day", why="nights are quiet, and nobody is there to ask"),
    value("day_of_week", "day_of_week", why="weekends delay the desk"),
    value("arrival_delay_seconds", "arrival_delay", why="an instruction given long ago was given without a connection"),
    value("channel_code", "channel", why="each channel has its own frauds"),
    value("purpose_code", "purpose", why="the stated purpose may not fit the rest"),
    value("crosses_banks", "crosses_banks", why="money that leaves the bank is harder to stop"),
    value("new_device", "new_device", why="a stolen identity comes with a new device"),
    value("remote_access", "remote_access", why="somebody else may be steering"),
    value("call_active", "call_active", why="the payer is being told what to do"),
    value("phone_changed", "phone_changed", why="codes may go to somebody else's phone"),
    value("loan_taken", "loan_taken", why="victims are told to take a loan first"),
    value("payee_account_age_days", "payee_account_age_days", why="accounts bought for dropping are young"),
    # The payer: a burst drains an account
    PAYER.count("payer_sent_count_5m", over=FIVE_MINUTES, why="several transfers in minutes: somebody is in a hurry"),
    PAYER.count("payer_sent_count_1h", over=HOUR, why="account drained in a burst"),
    PAYER.count("payer_sent_count_1d", over=DAY, why="busier than usual today"),
    PAYER.count("payer_sent_count_7d", over=WEEK, why="a week's habit"),
    PAYER.count("payer_sent_count_30d", over=MONTH, why="a month's habit"),
    PAYER.total("payer_sent_total_1h", over=HOUR, why="money leaving now"),
    PAYER.total("payer_sent_total_1d", over=DAY, why="money leaving today"),
    PAYER.total("payer_sent_total_7d", over=WEEK, why="money leaving this week"),
    PAYER.total("payer_sent_total_30d", over=MONTH, why="money leaving in a month"),
    PAYER.mean("payer_sent_mean_1d", over=DAY, why="the size of today's transfers"),
    PAYER.mean("payer_sent_mean_7d", over=WEEK, why="the usual size this week"),
    PAYER.mean("payer_sent_mean_30d", over=MONTH, why="the usual size"),
    PAYER.max("payer_sent_max_7d", over=WEEK, why="the largest this week"),
    PAYER.max("payer_sent_max_14d", over=FORTNIGHT, why="the largest of two weeks"),
    PAYER.max("payer_sent_max_30d", over=MONTH, why="the largest so far"),
    PAYER.distinct("payer_distinct_payees_1h", "payee", over=HOUR, why="fan-out: layering splits money"),
    PAYER.distinct("payer_distinct_payees_1d", "payee", over=DAY, why="fan-out within a day"),
    PAYER.distinct("payer_distinct_payees_7d", "payee", over=WEEK, why="how many this payer pays"),
    PAYER.distinct("payer_distinct_payees_30d", "payee", over=MONTH, why="how many this payer pays in a month"),
    PAYER.newcomers("payer_new_payees_count_1d", "payee", over=DAY, why="payments to strangers today"),
    PAYER.newcomers("payer_new_payees_count_30d", "payee", over=MONTH, why="whether strangers are normal here"),
    PAYER.distinct("payer_distinct_devices_1d", "device_id", over=DAY, why="an account used from many devices is shared or sold"),
    PAYER.distinct("payer_distinct_devices_30d", "device_id", over=MONTH, why="how many devices are normal here"),
    PAYER.since_last("payer_since_last_sent", why="a dormant account wakes"),
    PAYER.age("payer_sending_age", why="how long this payer has been active"),
    # What came in to the payer
    PAYER_AS_PAYEE.count("payer_received_count_1h", over=HOUR, why="money in, money straight out"),
    PAYER_AS_PAYEE.count("payer_received_count_1d", over=DAY, why="a mule is fed before it pays"),
    PAYER_AS_PAYEE.total("payer_received_total_1h", over=HOUR, why="fresh money to pass on"),
    PAYER_AS_PAYEE.total("payer_received_total_1d", over=DAY, why="fresh money, a loan among it"),
    PAYER_AS_PAYEE.total("payer_received_total_7d", over=WEEK, why="income of the week"),
    PAYER_AS_PAYEE.distinct("payer_distinct_sources_1d", "payer", over=DAY, why="many feed this payer: a collecting account"),
    PAYER_AS_PAYEE.distinct("payer_distinct_sources_30d", "payer", over=MONTH, why="how many feed this payer as a rule"),
    PAYER_AS_PAYEE.newcomers("payer_new_sources_count_1d", "payer", over=DAY, why="strangers feed this payer"),
    PAYER_AS_PAYEE.since_last("payer_since_last_received", why="minutes between in and out"),
    # The payee: fan-in marks a collecting account
    PAYEE.count("payee_received_count_5m", over=FIVE_MINUTES, why="many at once"),
    PAYEE.count("payee_received_count_1h", over=HOUR, why="fan-in, fast"),
    PAYEE.count("payee_received_count_1d", over=DAY, why="fan-in of a day"),
    PAYEE.count("payee_received_count_7d", over=WEEK, why="the week's rhythm"),
    PAYEE.count("payee_received_count_30d", over=MONTH, why="the month's rhythm"),
    PAYEE.total("payee_received_total_1h", over=HOUR, why="money gathered now"),
    PAYEE.total("payee_received_total_1d", over=DAY, why="money gathered today"),
    PAYEE.mean("payee_received_mean_30d", over=MONTH, why="the size of what it gets"),
    PAYEE.distinct("payee_distinct_payers_1h", "payer", over=HOUR, why="many victims, one mule, now"),
    PAYEE.distinct("payee_distinct_payers_1d", "payer", over=DAY, why="many victims, one mule"),
    PAYEE.distinct("payee_distinct_payers_7d", "payer", over=WEEK, why="how many pay this payee"),
    PAYEE.distinct("payee_distinct_payers_30d", "payer", over=MONTH, why="how many pay it as a rule"),
    PAYEE.newcomers("payee_new_payers_count_1d", "payer", over=DAY, why="paid by people who never paid it before"),
    PAYEE.newcomers("payee_new_payers_count_7d", "payer", over=WEEK, why="strangers of a week: a shop, or a fake one"),
    PAYEE.since_last("payee_since_last_received", why="a dormant account wakes"),
    PAYEE.age("payee_receiving_age", why="how long this payee has been receiving"),
    PAYEE.count("payee_matured_count_14d", over=FORTNIGHT, older_than=WEEK, why="old enough to have been reported"),
    PAYEE.count("payee_matured_count_30d", over=MONTH, older_than=WEEK, why="old enough to have been reported"),
    # The payee as payer: pass-through
    PAYEE_AS_PAYER.count("payee_forwarded_count_1h", over=HOUR, why="money in, money straight out"),
    PAYEE_AS_PAYER.count("payee_forwarded_count_1d", over=DAY, why="busy paying on"),
    PAYEE_AS_PAYER.total("payee_forwarded_total_1h", over=HOUR, why="what went on within the hour"),
    PAYEE_AS_PAYER.total("payee_forwarded_total_1d", over=DAY, why="what went on within the day"),
    PAYEE_AS_PAYER.distinct("payee_distinct_onward_payees_1d", "payee", over=DAY, why="splitting towards cash-out"),
    PAYEE_AS_PAYER.age("payee_sending_age", why="whether this payee lives a life of its own"),
    PAYEE_AS_PAYER.since_last("payee_since_last_forwarded", why="how long money stays"),
    # The two together
    PAIR.count("pair_sent_count_30d", over=MONTH, why="0 means these two are strangers"),
    PAIR.mean("pair_sent_mean_30d", over=MONTH, why="what usually passes between them"),
    PAIR.since_last("pair_since_last_sent", why="how fresh the acquaintance is"),
    PAIR.age("pair_age", why="how old the acquaintance is"),
    BACK.count("pair_returned_count_30d", over=MONTH, why="friends and family pay each other back"),
    # Device and address
    DEVICE.distinct("device_distinct_payers_1d", "payer", over=DAY, why="one device steering several accounts"),
    DEVICE.distinct("device_distinct_payers_30d", "payer", over=MONTH, why="a family's tablet, or a dropper's phone"),
    DEVICE.count("device_sent_count_1h", over=HOUR, why="a device at work"),
    DEVICE.age("device_age", why="a device never seen before"),
    IP.distinct("ip_distinct_payers_1h", "payer", over=HOUR, why="one address steering several accounts"),
    IP.distinct("ip_distinct_payers_1d", "payer", over=DAY, why="an office, or a call centre of fraudsters"),
    PAYER_ON_DEVICE.count("payer_on_device_count_30d", over=MONTH, why="0 means this payer never used this device"),
    # Frauds known by now
    PAYER.reports("payer_reports_7d", over=WEEK, why="this payer was a victim lately"),
    PAYER.reports("payer_reports_30d", over=MONTH, why="victims are called again"),
    PAYER.since_report("payer_since_report", why="how fresh the last known fraud is"),
    PAYER.since_first_report("payer_since_first_report", why="how long the frauds have been coming"),
    PAYER_AS_PAYEE.reports("payer_reported_as_payee_30d", over=MONTH, why="stolen money moves on from here"),
    PAYEE.reports("payee_reports_1d", over=DAY, why="reports pour in"),
    PAYEE.reports("payee_reports_7d", over=WEEK, why="reported this week"),
    PAYEE.reports("payee_reports_30d", over=MONTH, why="known to collect stolen money"),
    PAYEE.since_report("payee_since_report", why="how fresh the last known fraud is"),
    PAYEE.since_first_report("payee_since_first_report", why="how long the frauds have been coming"),
    PAYEE_AS_PAYER.reports("payee_reported_as_payer_30d", over=MONTH, why="a victim's account turned mule, or taken over"),
    DEVICE.reports("device_reports_30d", over=MONTH, why="a device that steered frauds"),
    PAYEE.matured_since_report("payee_matured_since_report", why="a week of silence about each: the fraud may be over"),
    PAYER.matured_since_report("payer_matured_since_report", why="a week of silence about each: the fraud may be over"),
    PAYEE.reported_surprise("payee_reported_surprise_30d", over=MONTH, why="ordinary sums reported: it is the payee; odd ones: the payers"),
    # One against another
    ratio("amount_over_payer_mean_30d", "amount_minor", "payer_sent_mean_30d", why="out of this payer's habit"),
    ratio("amount_over_payer_max_30d", "amount_minor", "payer_sent_max_30d", why="larger than ever"),
    ratio("amount_over_payee_mean_30d", "amount_minor", "payee_received_mean_30d", why="out of this payee's habit"),
    ratio("amount_over_pair_mean_30d", "amount_minor", "pair_sent_mean_30d", why="more than these two are used to"),
    ratio("amount_over_received_1d", "amount_minor", "payer_received_total_1d", why="what came in today goes out at once"),
    ratio("payer_passed_on_share_1d", "payer_sent_total_1d", "payer_received_total_1d", why="a payer that keeps nothing"),
    ratio("payee_passed_on_share_1h", "payee_forwarded_total_1h", "payee_received_total_1h", why="a payee that keeps nothing for an hour"),
    ratio("payee_passed_on_share_1d", "payee_forwarded_total_1d", "payee_received_total_1d", why="a payee that keeps nothing for a day"),
    ratio("payer_sent_pace_1d", "payer_sent_count_1d", "payer_sent_count_30d", why="today's share of a month"),
    ratio("payee_received_pace_1d", "payee_received_count_1d", "payee_received_count_30d", why="a sudden rush to this payee"),
    ratio("payee_new_payers_share_7d", "payee_new_payers_count_7d", "payee_received_count_7d", why="paid only by strangers"),
    ratio("payee_reports_share_7d", "payee_reports_7d", "payee_matured_count_14d", why="how much of what could be reported is"),
    ratio("payee_reports_share_30d", "payee_reports_30d", "payee_matured_count_30d", why="how much of what could be reported is"),
    ratio("amount_over_payer_max_7d", "amount_minor", "payer_sent_max_7d", why="larger than any this week"),
    ratio("amount_over_payer_max_14d", "amount_minor", "payer_sent_max_14d", why="larger than any in two weeks"),
    ratio("amount_over_payer_mean_7d", "amount_minor", "payer_sent_mean_7d", why="out of this week's habit"),
    ratio("payer_max_over_mean_7d", "payer_sent_max_7d", "payer_sent_mean_30d", why="this week already saw a sum out of habit"),
    ratio("payer_max_over_mean_14d", "payer_sent_max_14d", "payer_sent_mean_30d", why="these weeks already saw a sum out of habit"),
)  # fmt: skip
