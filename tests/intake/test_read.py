"""A file read in columns gives what reading it row by row with the domain's functions would give."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.identifiers import account_id, iin_bin, opaque_id, purpose_code
from antifraud.domain.money import MINOR_DIGITS, Rates, amount, currency_code
from antifraud.intake import Mapping, Section, read
from antifraud.intake import source as intake_source
from antifraud.tables import REPORTS, TRANSFERS

DOCUMENT = {
    "mapping": {
        "columns": {
            "participant": "bank",
            "transfer_id": "id",
            "payer": "from",
            "payee": "to",
            "amount_minor": "sum",
            "currency": "cur",
            "channel": "how",
            "occurred_at": "at",
            "purpose": "knp",
            "payer_iin_bin": "iin",
            "call_active": "call",
            "payee_account_age_days": "age",
        },
        "defaults": {"currency": "KZT"},
        "base": {"currency": "KZT", "rates": {"USD": 520.5, "JPY": "3.4"}},
        "time": {"format": "%d.%m.%Y %H:%M", "zone": "Asia/Almaty"},
        "channels": {"APP-2": "app", "TERMINAL": "pos"},
        "other_channel": "reject",
        "prefix": {"payee": "P"},
        "keep": {"status": ["done", "new"]},
    },
    "labels": {"column": "fraud", "delay_days": 1.5},
    "never_features": ["verdict"],
    "score_only": {"how": {"none_of": ["TERMINAL"]}, "sum": {"at_least": 1}},
}
ALMATY = ZoneInfo("Asia/Almaty")

# Each column: what often stands there, right and wrong. Few values, so that ids and times collide.
CELLS = {
    "bank": ["b1", "b1", "b2", "", "no good"],
    "id": ["1", "2", "3", "4", "", "a b"],
    # The IBANs are of a bank that does not exist; the second has a wrong check digit.
    "from": ["acc-1", " acc-2 ", "KZ86125KZT5004100100", "KZ87125KZT5004100100", "+77010000000", "+7x", ""],
    "to": ["T1", "T2", "", "?"],
    "sum": [
        "12.34",
        "0.30000000000000004",
        "5",
        "12.345",
        "0.00",
        "-3",
        "1e3",
        "abc",
        "",
        "99999999999999999",
        "1.",
        "NaN",
    ],
    "cur": ["", "KZT", "USD", "JPY", "EUR", "ZZZ", "kzt"],
    "how": ["APP-2", "TERMINAL", "qr", "?", ""],
    # 2024-02-29 23:30 came twice in Almaty; a month of 13 came never.
    "at": [
        "01.03.2026 10:00",
        "01.03.2026 10:00",
        "28.02.2026 09:59",
        "29.02.2024 23:30",
        "01.13.2026 10:00",
        "",
        "now",
    ],
    "knp": ["", "342", "911", "34"],
    "iin": ["", "001399500016", "", "001399500017", "12"],  # month 13: no person's
    "call": ["", "1", "0", "TRUE", "no", "maybe"],
    "age": ["", "0", "400", "-1", "1.5"],
    "status": ["done", "new", "done", "cancelled", ""],
    "fraud": ["0", "1", "", "2"],
    "verdict": ["secret"],
}


@st.composite
def files(draw):
    """Rows of mostly right cells: a row with one flaw tells more than a row of twelve."""
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        flawed = draw(st.sets(st.sampled_from(sorted(CELLS)), max_size=2))
        rows.append(
            {name: draw(st.sampled_from(cells if name in flawed else cells[:3])) for name, cells in CELLS.items()}
        )
    return rows


def reference(rows):
    """Read the file aloud, a row at a time: accepted transfers, truth, reports, rejects."""
    base = Rates("KZT", {"USD": Decimal("520.5"), "JPY": Decimal("3.4")})
    accepted, rejects, seen, left_out = [], [], {}, 0
    for number, row in enumerate(rows, start=1):
        if row["status"] not in ("done", "new"):
            left_out += 1
            continue
        try:
            transfer = transfer_of(row, base)
            fraud = flag(row["fraud"], "fraud")
        except InvalidValue as error:
            rejects.append((number, str(error), row["sum"]))
            continue
        name = transfer["participant"], transfer["transfer_id"]
        if name in seen:
            error = InvalidValue("transfer_id", f"was already used in row {seen[name]}", name[1])
            rejects.append((number, str(error), row["sum"]))
            continue
        seen[name] = number
        scored = row["how"] != "TERMINAL" and float(row["sum"]) >= 1
        accepted.append((transfer, fraud, scored))
    accepted.sort(key=lambda one: one[0]["received_at"])
    return accepted, sorted(rejects), left_out


def transfer_of(row, base):
    cell = {name: text.strip() or None for name, text in row.items()}

    def present(name, field):
        if cell[name] is None:
            raise InvalidValue(field, "is missing", None)
        return cell[name]

    found = dict.fromkeys(TRANSFERS.names())
    found["participant"] = opaque_id(present("bank", "participant"), "participant")
    found["transfer_id"] = opaque_id(present("id", "transfer_id"), "transfer_id")
    found["payer"] = account_id(present("from", "payer"), "payer")
    present("to", "payee")
    found["payee"] = account_id("P" + cell["to"], "payee")
    currency = cell["cur"] or "KZT"
    present("sum", "amount_minor")
    if currency in MINOR_DIGITS:
        found["amount_minor"] = minor(cell["sum"], currency)
    found["currency"] = currency_code(currency)
    found["base_minor"] = amount(base.base_minor(found["amount_minor"], currency), "base_minor")
    found["channel"] = channel(present("how", "channel"))
    found["occurred_at"] = found["received_at"] = moment(present("at", "occurred_at"))
    found["purpose"] = cell["knp"] and purpose_code(cell["knp"])
    found["payer_iin_bin"] = cell["iin"] and iin_bin(cell["iin"], "payer_iin_bin")
    found["call_active"] = flag(row["call"], "call_active")
    found["payee_account_age_days"] = cell["age"] and age(cell["age"])
    return found


def minor(text, currency):
    digits = MINOR_DIGITS[currency]
    if not all(character in "+-.0123456789" for character in text):
        raise InvalidValue("amount_minor", "must be a plain decimal number", text)
    exact = Decimal(text).scaleb(digits)
    nearest = round(exact)
    if abs(exact - nearest) > Decimal("1e-9"):
        raise InvalidValue("amount_minor", f"{currency} has {digits} digits after the point", text)
    return amount(nearest)


def channel(text):
    found = {"APP-2": "app", "TERMINAL": "pos", "qr": "qr"}.get(text)
    if found is None:
        raise InvalidValue("channel", "is not in mapping.channels", text)
    return found


def moment(text):
    try:
        wall = datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=ALMATY)
    except ValueError:
        raise InvalidValue("occurred_at", "must be a time (%d.%m.%Y %H:%M)", text) from None
    if wall.utcoffset() != wall.replace(fold=1).utcoffset():
        raise InvalidValue("occurred_at", "does not exist, or exists twice, in Asia/Almaty", text)
    return wall.astimezone(UTC)


def flag(text, field):
    found = {"": None, "1": True, "TRUE": True, "0": False, "no": False}
    if text not in found:
        raise InvalidValue(field, "must be true or false (1 or 0)", text)
    return found[text]


def age(text):
    if not text.isdigit():
        raise InvalidValue("payee_account_age_days", "must be whole days, 0 to 100000", text)
    return int(text)


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(CELLS))
        writer.writeheader()
        writer.writerows(rows)


@settings(max_examples=250)
@given(rows=files(), kind=st.sampled_from(["csv", "parquet"]), batch=st.sampled_from([3, 200_000]))
def test_a_file_read_in_columns_is_the_file_read_row_by_row(rows, kind, batch, tmp_path_factory):
    path = tmp_path_factory.mktemp("intake") / f"source.{kind}"
    if kind == "csv":
        write_csv(path, rows)
    else:
        pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String)).write_parquet(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake_source, "BATCH_ROWS", batch)
        intake = read(path, Mapping.parse(Section(DOCUMENT)))
    accepted, rejects, left_out = reference(rows)
    assert intake.transfers.schema == TRANSFERS
    assert intake.transfers.to_dicts() == [transfer for transfer, _, _ in accepted]
    assert intake.truth.select("fraud", "scored").rows() == [(fraud, scored) for _, fraud, scored in accepted]
    assert intake.truth["transfer_id"].equals(intake.transfers["transfer_id"])
    assert intake.rejects.select("rejected_row", "rejected_reason", "sum").rows() == rejects
    assert (intake.rows, intake.left_out) == (len(rows), left_out)
    assert intake.reports.schema == REPORTS
    assert intake.reports.select("transfer_id", "known_at").rows() == [
        (transfer["transfer_id"], transfer["received_at"] + timedelta(days=1.5))
        for transfer, fraud, _ in accepted
        if fraud
    ]
    assert "verdict" not in intake.rejects.columns


RIGHT = {name: cells[0] for name, cells in CELLS.items()}
HEADER = ",".join(CELLS)
LINE = ",".join(RIGHT.values())


def read_text(tmp_path, text, **changes):
    (tmp_path / "source.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(tmp_path / "source.csv", Mapping.parse(Section({**DOCUMENT, **changes})))


def test_lines_of_the_wrong_shape_are_rejected_by_number_and_the_rest_goes_on(tmp_path):
    second = LINE.replace("b1,1,", "b1,2,", 1)
    intake = read_text(tmp_path, f"\ufeff{HEADER}\r\nb1,1\r\n\r\n{LINE},surplus\r\n{LINE}\r\nb1,\xff,\r\n{second}\r\n")
    assert intake.transfers["transfer_id"].to_list() == ["1", "2"]
    assert intake.rejects.select("rejected_row", "rejected_reason").rows() == [
        (1, f"row: must have {len(CELLS)} fields as the header does, was 2"),
        (3, f"row: must have {len(CELLS)} fields as the header does, was {len(CELLS) + 1}"),
        (5, f"row: must have {len(CELLS)} fields as the header does, was 3"),
    ]


def test_a_quote_left_open_never_swallows_rows_silently(tmp_path):
    lines = [LINE.replace("b1,1,", f"b1,{number},", 1) for number in range(1, 4)]
    lines[1] = lines[1].removesuffix("secret") + '"secret'
    intake = read_text(tmp_path, "\n".join([HEADER, *lines]))
    assert intake.transfers["transfer_id"].to_list() == ["1"]
    assert [reason[:40] for reason in intake.rejects["rejected_reason"]] == ["row: a field may not span lines; is a qu"]


def test_bytes_that_are_not_utf8_reject_their_row_only(tmp_path):
    text = f"{HEADER}\n{LINE}\n{LINE}".encode().replace(b"b1,1,acc-1", b"b1,9,\xff\xfe", 1)
    intake = read_text(tmp_path, text)
    assert intake.transfers.height == 1
    assert intake.rejects["rejected_reason"].str.starts_with("payer: an account id is").all()


def test_corrected_rejects_can_be_read_again(tmp_path):
    intake = read_text(tmp_path, f"{HEADER}\n{LINE.replace('acc-1', 'acc 1')}\n")
    corrected = intake.rejects.with_columns(pl.col("from").str.replace(" ", "-"))
    again = read_text(tmp_path, corrected.write_csv(), never_features=[])
    assert (again.transfers.height, again.rejects.height) == (1, 0)


def test_worlds_become_participants_whose_accounts_never_meet(tmp_path):
    document = {"mapping": {**DOCUMENT["mapping"], "prefix": {}}, "world": "bank"}
    other = LINE.replace("b1,1,", "b2,1,", 1)
    intake = read_text(tmp_path, f"{HEADER}\n{LINE}\n{other}\n", **document)
    assert intake.transfers.select("participant", "payer", "payee").rows() == [
        ("b1", "b1:acc-1", "b1:T1"),
        ("b2", "b2:acc-1", "b2:T1"),
    ]


def test_rows_without_ids_are_named_by_their_number(tmp_path):
    columns = {**DOCUMENT["mapping"]["columns"], "transfer_id": "$row"}
    intake = read_text(tmp_path, f"{HEADER}\n{LINE}\n{LINE}\n", mapping={**DOCUMENT["mapping"], "columns": columns})
    assert intake.transfers["transfer_id"].to_list() == ["1", "2"]


def test_equal_times_keep_the_order_of_the_file(tmp_path):
    numbers = [7, 3, 9, 1, 5]
    lines = [LINE.replace("b1,1,", f"b1,{number},", 1) for number in numbers]
    intake = read_text(tmp_path, "\n".join([HEADER, *lines]))
    assert intake.transfers["transfer_id"].to_list() == [str(number) for number in numbers]


def test_progress_counts_all_rows_and_ends_at_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(intake_source, "BATCH_ROWS", 2)
    write_csv(tmp_path / "source.csv", [RIGHT] * 5)
    told = []
    read(tmp_path / "source.csv", Mapping.parse(Section(DOCUMENT)), lambda rows, share: told.append((rows, share)))
    assert [rows for rows, _ in told] == [2, 4, 5]
    assert told[-1][1] == 1.0
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("source.csv", "", "the first line must name each column once"),
        ("source.csv", "a,a\n1,2\n", "the first line must name each column once"),
        (
            "source.csv",
            "a,b\n1,2\n",
            "mapping.columns.participant: source.csv has no such column of plain values, only a, b, was 'bank'",
        ),
        ("source.csv", f"{HEADER}\n", "has no rows under its header"),
        ("source.parquet", "no parquet", "cannot be read as Parquet"),
        ("source.xlsx", "", "a source is one of .csv, .parquet"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_why(tmp_path, name, text, problem):
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidValue) as refused:
        read(tmp_path / name, Mapping.parse(Section(DOCUMENT)))
    assert problem in str(refused.value)


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="there is no such file"):
        read(tmp_path / "absent.csv", Mapping.parse(Section(DOCUMENT)))


def test_a_parquet_may_hold_what_no_field_is_made_of(tmp_path):
    """Bytes are text, as in a CSV; a span of time is a number; lists and structures are passed over."""
    rows = [RIGHT | {"id": str(number)} for number in range(1, 4)]
    far = pl.Series("seen_at", [2**60, 0, None]).cast(pl.Datetime("ms"))
    table = pl.DataFrame(rows).with_columns(
        pl.Series("from", [b"acc-1", b"\xff", b"acc-3"]),
        pl.Series("to", ["T1", "T2", "?"]),
        pl.Series("took", [timedelta(seconds=1)] * 3),
        pl.Series("tags", [["a"], [], None]),
        pl.Series("extra", [{"a": 1}] * 3),
        far.gather([1, 2, 0]),
    )
    table.write_parquet(tmp_path / "source.parquet")
    intake = read(tmp_path / "source.parquet", Mapping.parse(Section(DOCUMENT)))
    assert intake.transfers.select("transfer_id", "payer").rows() == [("1", "acc-1")]
    assert intake.rejects.select("from", "took", "seen_at").rows() == [
        ("\N{REPLACEMENT CHARACTER}", "1000000", None),
        ("acc-3", "1000000", str(2**60)),
    ]
    assert not {"tags", "extra"} & set(intake.rejects.columns)
    for key, wrong in {"labels": {"column": "tags", "delay_days": 1}, "score_only": {"extra": 1}}.items():
        with pytest.raises(InvalidValue, match=rf"{key}.*: source\.parquet has no such column of plain values, only "):
            read(tmp_path / "source.parquet", Mapping.parse(Section({**DOCUMENT, key: wrong})))
