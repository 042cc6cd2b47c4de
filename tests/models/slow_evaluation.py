"""Every number of a report once more, from raw rows, by definitions that are read and not optimised."""

from collections import defaultdict
from statistics import median

import numpy as np

SEGMENTS = ("age_group", "city", "bank", "channel")


def share(top, bottom):
    return top / bottom if bottom > 0 else None


def fraud(row):
    return row["weight"] if row["fraud"] else 0.0


def honest(row):
    return row["weight"] if row["fraud"] is False else 0.0


def kept_back(row, action, costs):
    """Return how much of what a fraud would move is stopped."""
    part = {"block": 1.0, "hold": costs.held_fraud_stopped_share, "allow": 0.0}[action]
    return fraud(row) * row["amount_minor"] * part


def spent(row, action, costs):
    if action == "hold":
        return (fraud(row) + honest(row)) * costs.review_cost_minor + honest(row) * costs.honest_hold_cost_minor
    return honest(row) * costs.honest_block_cost_minor if action == "block" else 0.0


class Draws:
    """Days are drawn again and again: a drawn row is in the pile as often as its day was drawn."""

    def __init__(self, rows, rounds, seed):
        self.days = sorted({row["day"] for row in rows})
        even = [1 / len(self.days)] * len(self.days)
        self.drawn = np.random.default_rng(seed).multinomial(len(self.days), even, rounds).tolist()

    def piles(self, rows):
        by_day = defaultdict(list)
        for row in rows:
            by_day[row["day"]].append(row)
        for counts in self.drawn:
            yield [row for day, count in zip(self.days, counts, strict=True) for row in by_day[day] * count]

    def ratio(self, rows, top, bottom):
        """Return value, low and high of a sum over another; `bottom` may be a number."""
        fixed = not callable(bottom)

        def of(pile):
            return share(sum(map(top, pile)), bottom if fixed else sum(map(bottom, pile)))

        showing = len(self.days) if fixed else len({row["day"] for row in rows if bottom(row) != 0})
        return self.interval(of, rows) if showing >= 5 else (of(rows), None, None)

    def interval(self, of, rows):
        value, drawn = of(rows), [found for pile in self.piles(rows) if (found := of(pile)) is not None]
        if value is None or not drawn or max(drawn) - min(drawn) <= 1e-12 * abs(max(drawn)):
            return value, None, None
        low, high = np.percentile(drawn, [2.5, 97.5])
        return value, low, high


def put(numbers, path, estimate):
    for name, value in zip(("value", "low", "high"), estimate, strict=True):
        numbers[f"{path}.{name}"] = value


def desk(numbers, path, rows, action, costs, draws, days):
    """Say what comes of an action for each row."""

    def alert(row):
        return action(row) != "allow"

    def caught(row):
        return fraud(row) * alert(row)

    def stolen(row):
        return fraud(row) * row["amount_minor"]

    def stopped(row):
        return kept_back(row, action(row), costs)

    def cost(row):
        return spent(row, action(row), costs)

    numbers[f"{path}.alerts_a_day"] = sum(map(alert, rows)) / days
    put(numbers, f"{path}.precision", draws.ratio(rows, caught, lambda row: (fraud(row) + honest(row)) * alert(row)))
    put(numbers, f"{path}.caught", draws.ratio(rows, caught, fraud))
    put(numbers, f"{path}.stopped_a_day", draws.ratio(rows, stopped, days))
    put(numbers, f"{path}.stopped_share", draws.ratio(rows, stopped, stolen))
    put(numbers, f"{path}.spent_a_day", draws.ratio(rows, cost, days))
    put(numbers, f"{path}.saved_a_day", draws.ratio(rows, lambda row: stopped(row) - cost(row), days))
    put(numbers, f"{path}.honest_per_caught", draws.ratio(rows, lambda row: honest(row) * alert(row), caught))


def first_of_each_day(rows, most):
    """Hold the highest chances of each day; of equals the one that came first."""
    by_day = defaultdict(list)
    for row in rows:
        by_day[row["day"]].append(row)
    held = set()
    for of_day in by_day.values():
        held |= {row["transfer_id"] for row in sorted(of_day, key=lambda row: -row["chance"])[:most]}
    return lambda row: "hold" if row["transfer_id"] in held else "allow"


def slices(numbers, path, rows, names, order, costs, draws):
    for place, name in enumerate(order):
        mine = [row for row, its in zip(rows, names, strict=True) if its == name]
        at = f"{path}.{place}"
        numbers[f"{at}.transfers"] = len(mine)
        numbers[f"{at}.frauds"] = sum(fraud(row) > 0 for row in mine)
        numbers[f"{at}.stolen_minor"] = round(sum(fraud(row) * row["amount_minor"] for row in mine))
        put(numbers, f"{at}.caught", draws.ratio(mine, lambda row: fraud(row) * (row["action"] != "allow"), fraud))
        put(
            numbers,
            f"{at}.stopped_share",
            draws.ratio(
                mine, lambda row: kept_back(row, row["action"], costs), lambda row: fraud(row) * row["amount_minor"]
            ),
        )
        put(numbers, f"{at}.disturbed", draws.ratio(mine, lambda row: honest(row) * (row["action"] != "allow"), honest))


def average_precision(triples):
    """Of (score, fraud, weight): at each score from the highest down, precision times what recall it adds."""
    of_score = defaultdict(lambda: [0.0, 0.0])
    for score, is_fraud, weight in triples:
        of_score[score][0] += weight * is_fraud
        of_score[score][1] += weight
    frauds = sum(found for found, _ in of_score.values())
    if frauds == 0:
        return None
    found = seen = total = 0.0
    for score in sorted(of_score, reverse=True):
        more, weight = of_score[score]
        found, seen = found + more, seen + weight
        total += more * (found / seen if seen else 0.0)
    return total / frauds


def auc(triples):
    """Of all pairs of a fraud and an honest one, how often the fraud scores higher; a tie counts half."""
    frauds = [(score, weight) for score, is_fraud, weight in triples if is_fraud and weight > 0]
    calm = np.array([(score, weight) for score, is_fraud, weight in triples if not is_fraud and weight > 0])
    if not frauds or not len(calm):
        return None
    won = sum(w * (calm[calm[:, 0] < s, 1].sum() + calm[calm[:, 0] == s, 1].sum() / 2) for s, w in frauds)
    return won / (sum(w for _, w in frauds) * calm[:, 1].sum())


def bins(triples, most=10):
    """Put each distinct chance into the bin in which the middle of the frauds that it states lies."""
    total, below, found = sum(chance * weight for chance, _, weight in triples), 0.0, {}
    by_chance = defaultdict(list)
    for triple in triples:
        by_chance[triple[0]].append(triple)
    for chance in sorted(by_chance):
        weight = sum(each for _, _, each in by_chance[chance])
        number = min(int(most * (below + chance * weight / 2) / total), most - 1)
        of = found.setdefault(number, [0.0, 0.0, 0.0])
        of[0] += weight
        of[1] += chance * weight
        of[2] += sum(each * is_fraud for _, is_fraud, each in by_chance[chance])
        below += chance * weight
    return [found[number] for number in sorted(found)]


def calibration_error(triples):
    found = bins(triples)
    return sum(abs(stated - real) for _, stated, real in found) / sum(stated for _, stated, _ in found)


def delays(numbers, rows):
    place = 0
    for of in ("chain", "payer", "payee"):
        told = "true_fraud" if of == "chain" else "fraud"
        groups = defaultdict(list)
        for row in rows:
            if row[told] and row[of] is not None:
                groups[row[of]].append(row)
        if not groups:
            continue
        at, hours = f"delays.{place}", []
        counts = dict.fromkeys(("at_once", "after_one", "after_more", "never", "passed_minor", "moved_minor"), 0)
        for group in groups.values():
            first = next((number for number, row in enumerate(group) if row["action"] != "allow"), None)
            counts["moved_minor"] += sum(row["amount_minor"] for row in group)
            counts["passed_minor"] += sum(row["amount_minor"] for row in group[:first])
            counts["never" if first is None else ["at_once", "after_one", "after_more"][min(first, 2)]] += 1
            if first:
                hours.append((group[first]["received_at"] - group[0]["received_at"]).total_seconds() / 3600)
        numbers |= {f"{at}.{name}": count for name, count in counts.items()}
        numbers |= {f"{at}.groups": len(groups), f"{at}.hours": median(hours) if hours else None}
        place += 1


def feedback(numbers, rows, costs, draws):
    if all(row["served"] is None for row in rows):
        return
    blocked = [row for row in rows if row["served"] == "block"]
    drawn = [row for row in rows if row["let_through"]]
    aside = [row for row in rows if row["weight"] == 0 and row["served"] != "block"]
    numbers |= {
        "feedback.blocked": len(blocked),
        "feedback.unknown": sum(row["fraud"] is None for row in rows),
        "feedback.set_aside": len(aside),
        "feedback.let_through": len(drawn),
        "feedback.speaks_for": sum(row["weight"] for row in drawn),
    }
    put(numbers, "feedback.fraud_by_draw", draws.ratio(drawn, fraud, lambda row: row["weight"]))
    put(numbers, "feedback.fraud_by_desk", draws.ratio(aside, lambda row: float(bool(row["fraud"])), lambda row: 1.0))


def alone(values, triples):
    """Rank by one feature, whichever way round is better; what is absent comes last."""
    return max(
        average_precision(
            [
                (-np.inf if np.isnan(value) else side * value, *rest)
                for value, (_, *rest) in zip(values, triples, strict=True)
            ]
        )
        for side in (1, -1)
    )


def every_number(rows, vectors, names, costs, *, capacity, days, rounds, seed):
    """Return each number under the path that it has in the JSON."""
    numbers, draws = {}, Draws(rows, rounds, seed)
    desk(numbers, "policy", rows, lambda row: row["action"], costs, draws, days)
    desk(numbers, "at_capacity", rows, first_of_each_day(rows, capacity), costs, draws, days)
    for place, size in enumerate(sorted({round(capacity * part) for part in (0.1, 0.25, 0.5, 1, 2, 4)} - {0})):
        numbers[f"sizes.{place}.capacity"] = size
        desk(numbers, f"sizes.{place}.desk", rows, first_of_each_day(rows, size), costs, draws, days)
    known = [row for row in rows if row["fraud"] is not None]

    def triples(pile):
        return [(row["chance"], row["fraud"], row["weight"]) for row in pile]

    for name, of in (("average_precision", average_precision), ("auc", auc), ("calibration_error", calibration_error)):
        put(numbers, f"quality.{name}", draws.interval(lambda pile, of=of: of(triples(pile)), known))
    numbers["quality.base_rate"] = share(sum(map(fraud, rows)), sum(row["weight"] for row in known))
    for place, of in enumerate(bins(triples(known))):
        for name, value in zip(("transfers", "stated", "real"), of, strict=True):
            numbers[f"quality.calibration.{place}.{name}"] = value
    payers = {row["payer"] for row in rows if honest(row) > 0}
    annoyed = {row["payer"] for row in rows if honest(row) > 0 and row["action"] != "allow"}
    caught = sum(fraud(row) for row in rows if row["action"] != "allow")
    numbers |= {
        "disturbed.clients": len(annoyed),
        "disturbed.share": share(len(annoyed), len(payers)),
        "disturbed.per_caught": share(len(annoyed), caught),
    }
    delays(numbers, rows)
    kinds = [row["fraud_type"] for row in rows]
    slices(numbers, "by_type", rows, kinds, sorted(set(kinds) - {None}), costs, draws)
    bands = [sum(row["amount_minor"] >= 100 * edge for edge in (10_000, 100_000, 1_000_000)) for row in rows]
    slices(numbers, "by_amount", rows, bands, sorted(set(bands)), costs, draws)
    for path, column in (("by_week", "week"), *((f"by_segment.{name}", name) for name in SEGMENTS)):
        values = [row[column] for row in rows]
        slices(numbers, path, rows, values, sorted(set(values)), costs, draws)
    feedback(numbers, rows, costs, draws)
    truth(numbers, rows, draws)
    of_model = numbers["quality.average_precision.value"]
    found = [
        (
            -alone(
                [vector[column] for vector, row in zip(vectors, rows, strict=True) if row["fraud"] is not None],
                triples(known),
            ),
            name,
        )
        for column, name in enumerate(names)
    ]
    for place, (value, _) in enumerate(sorted(found)[:10]):
        numbers[f"features.{place}.average_precision"] = -value
        numbers[f"features.{place}.share_of_model"] = -value / of_model
    return numbers


def truth(numbers, rows, draws):
    if all(row["true_fraud"] is None for row in rows):
        return
    silent = [row for row in rows if row["true_fraud"] and not row["fraud"]]
    alarms = [row for row in rows if row["action"] != "allow" and not row["fraud"]]
    numbers |= {
        "truth.frauds": sum(bool(row["true_fraud"]) for row in rows),
        "truth.never_reported": len(silent),
        "truth.never_reported_caught": sum(row["action"] != "allow" for row in silent),
        "truth.alarms": len(alarms),
        "truth.alarms_right": sum(bool(row["true_fraud"]) for row in alarms),
    }
    put(
        numbers,
        "truth.average_precision",
        draws.interval(
            lambda pile: average_precision([(row["chance"], bool(row["true_fraud"]), 1.0) for row in pile]), rows
        ),
    )
