"""Ids that are names become ids: one for each name, wherever it stands; what is an id stays as it is."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import account_id, opaque_id
from antifraud.intake import Mapping, Section, read

FIELDS = ("participant", "transfer_id", "payer", "payee", "end_to_end_id", "payer_bank", "payee_bank", "device_id")
NAMES = ["Kub and Sons, Ltd", 'Қызыл "Жұлдыз"', "n" * 65, "_", "KZ12 Traders", "+7 shop", "ab:c", "card-17"]
TEXTS = st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() == text and "\N{REPLACEMENT CHARACTER}" not in text
)


def mapping(**more):
    columns = {name: name for name in FIELDS} | {"amount_minor": "sum", "occurred_at": "at"}
    return {"columns": columns, "defaults": {"currency": "XXX"}, "ids": "any"} | more


def intake_of(folder, rows, document):
    table = pl.DataFrame(rows).with_columns(sum=pl.lit("1.00"), at=pl.lit("2026-03-01"))
    table.write_parquet(folder / "set.parquet")
    return read(folder / "set.parquet", Mapping.parse(Section(document)))


def row(number, **more):
    return dict.fromkeys(FIELDS, "b") | {"transfer_id": str(number)} | more


def is_id(text, check):
    try:
        return check(text, "id") == text
    except InvalidValue:
        return False


@settings(max_examples=150)
@given(names=st.lists(TEXTS, min_size=1, max_size=12), field=st.sampled_from(FIELDS))
def test_equal_names_are_one_id_different_ones_are_different_and_ids_stay(names, field, tmp_path_factory):
    rows = [row(number, **{field: name}) for number, name in enumerate(names)]
    found = intake_of(tmp_path_factory.mktemp("ids"), rows, {"mapping": mapping()})
    if field == "transfer_id":
        assert found.rejects["rejected_reason"].str.starts_with("transfer_id: was already used").all()
        names = list(dict.fromkeys(names))
    else:
        assert found.rejects.height == 0
    ids = found.transfers[field].to_list()
    assert len(set(zip(names, ids, strict=True))) == len(set(names)) == len(set(ids))
    check = account_id if field in ("payer", "payee") else opaque_id
    for name, made in zip(names, ids, strict=True):
        assert is_id(made, check)
        assert (made == name) == is_id(name, check)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_account_whether_it_pays_or_is_paid(tmp_path, name):
    found = intake_of(tmp_path, [row(1, payer=name), row(2, payee=f" {name} ")], {"mapping": mapping()})
    assert found.transfers["payer"][0] == found.transfers["payee"][1]


def test_what_is_numbered_apart_stays_apart(tmp_path):
    rows = [row(1, payer="A & B", payee="A & B")]
    found = intake_of(tmp_path, rows, {"mapping": mapping(prefix={"payee": "M:"})}).transfers
    assert found["payer"][0] != found["payee"][0]
    rows = [row(1, participant="first world"), row(2, participant="second world")]
    found = intake_of(tmp_path, rows, {"mapping": mapping(), "world": "participant"}).transfers
    assert found.select(pl.col("participant", "payer", "payee").n_unique()).row(0) == (2, 2, 2)


def test_names_are_rejected_unless_the_mapping_says_otherwise(tmp_path):
    checked = mapping()
    del checked["ids"]
    rejects = intake_of(tmp_path, [row(1, payee="Kub and Sons, Ltd")], {"mapping": checked}).rejects
    assert rejects["rejected_reason"][0].startswith("payee: an account id is 1 to 64 letters")
    with pytest.raises(InvalidValue, match=r"mapping\.ids: must be one of checked, any, was 'hashed'"):
        Mapping.parse(Section({"mapping": mapping(ids="hashed")}))


def test_what_could_not_be_read_is_no_name_and_what_is_absent_is_missing(tmp_path):
    header = ",".join([*FIELDS, "sum", "at"])
    lines = [f"b,{number},%s,x,,,,,1.00,2026-03-01".encode() for number in range(3)]
    cells = ["Café".encode("latin-1"), "Café".encode(), b" "]
    text = b"\n".join([header.encode(), *(line % cell for line, cell in zip(lines, cells, strict=True))])
    (tmp_path / "set.csv").write_bytes(text)
    found = read(tmp_path / "set.csv", Mapping.parse(Section({"mapping": mapping()})))
    assert found.transfers["transfer_id"].to_list() == ["1"]
    first, second = found.rejects["rejected_reason"]
    assert first.startswith("payer: holds bytes that are not UTF-8")
    assert second == "payer: is missing"
