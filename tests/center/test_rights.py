"""Which role may ever use which door, and that a participant's kind decides its roles."""

import pytest

from antifraud.domain.center.people import ROLES_OF, USUAL_ROLE, ParticipantKind, Role
from antifraud.domain.center.rights import ADMINISTRATION, SCOPES_OF, Scope, allowed_role, allowed_scopes, usual_scopes
from antifraud.domain.errors import InvalidValue

WRITES = {scope for scope in Scope if scope.value.endswith(":write")}


def test_every_kind_and_role_is_in_every_table():
    assert set(ROLES_OF) == set(USUAL_ROLE) == set(ParticipantKind)
    assert set(SCOPES_OF) == set(Role)
    assert all(USUAL_ROLE[kind] in ROLES_OF[kind] for kind in ParticipantKind)
    assert {role for roles in ROLES_OF.values() for role in roles} == set(Role) - {Role.PLATFORM}


def test_every_scope_is_of_somebody():
    assert frozenset().union(*SCOPES_OF.values()) == set(Scope)


def test_the_operator_can_hold_trace_list_and_decide_about_nobody():
    assert SCOPES_OF[Role.OPERATOR] & WRITES == ADMINISTRATION | {Scope.WRITE_WEBHOOKS}
    for scope in (Scope.WRITE_HOLDS, Scope.WRITE_INCIDENTS, Scope.WRITE_LISTS, Scope.WRITE_DECISIONS, Scope.READ_TRACE):
        with pytest.raises(InvalidValue, match="operator may never have it"):
            allowed_scopes(Role.OPERATOR, [scope])


def test_an_auditor_reads_only_and_the_platform_has_no_door():
    assert SCOPES_OF[Role.AUDITOR] & WRITES == set()
    assert SCOPES_OF[Role.PLATFORM] == set()


def test_only_banks_and_police_touch_lists_and_holds():
    listing = {role for role in Role if {Scope.WRITE_LISTS, Scope.WRITE_HOLDS} & SCOPES_OF[role]}
    assert listing == {Role.BANK_ANALYST, Role.BANK_OFFICER, Role.INVESTIGATOR}


@pytest.mark.parametrize("role", Role)
def test_administration_is_never_given_unasked(role):
    assert usual_scopes(role) & ADMINISTRATION == set()
    assert usual_scopes(role) <= SCOPES_OF[role]


@pytest.mark.parametrize("kind", ParticipantKind)
def test_a_role_belongs_to_its_kind_and_to_no_other(kind):
    for role in Role:
        if role in ROLES_OF[kind]:
            assert allowed_role(kind, role) is role
        else:
            with pytest.raises(InvalidValue, match="role"):
                allowed_role(kind, role)


def test_a_scope_that_does_not_exist_is_named():
    with pytest.raises(InvalidValue, match=r"none of .*'holds:everything'"):
        allowed_scopes(Role.BANK_ANALYST, ["holds:read", "holds:everything"])
