"""Who may speak to the server, and for whom: codes, proofs, tokens, terms, incarnations, agencies apart."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.server.app import LARGEST_BODY
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import begin_recovery, declare_lost
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.sync.messages import VERSION_HEADER, Challenge, Enrol

from ..conftest import OfficeClock
from ..office import PASSWORD, arrival_facts, register
from .desks import Remote, bring, code_for, join, log_of, make, new_office


def trouble(answer: Any) -> str:
    assert answer.status_code != 200, answer.text
    found: str = answer.json()["trouble"]
    return found


def enrol_raw(remote: Remote, code: str, **changes: Any) -> Any:
    facts: dict[str, Any] = {
        "code": code, "desk": remote.desk, "incarnation": remote.incarnation, "name": "", "public_key": remote.public_key
    }  # fmt: skip
    return remote.http.post("/v1/enrol", content=Enrol(**(facts | changes)).model_dump_json())


def test_a_code_serves_once_and_for_ten_minutes(hub: Hub, http: TestClient, remote: Remote, clock: OfficeClock) -> None:
    fresh = Remote(http, remote.agency, new_id(), new_id())
    code = code_for(hub, remote.agency)
    fresh.enrol(code.lower().replace("-", " "))
    other = Remote(http, remote.agency, new_id(), new_id())
    again = enrol_raw(other, code)
    assert trouble(again) == "bad"
    assert "Mã ghi danh" in again.json()["sentence"]
    late = code_for(hub, remote.agency)
    clock.forward(minutes=10, seconds=1)
    assert trouble(enrol_raw(other, late)) == "bad"
    assert trouble(enrol_raw(other, "AAAA-BBBB-CCCC-DDDD")) == "bad"
    with hub.store.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM enrolment")).all())
    assert code not in kept
    assert hashlib.sha256(code.replace("-", "").encode()).hexdigest() in kept


def test_a_desk_cannot_bring_an_agency_that_is_there(hub: Hub, http: TestClient, remote: Remote) -> None:
    thief = Remote(http, remote.agency, new_id(), new_id())
    answer = enrol_raw(thief, code_for(hub, None), agency=remote.agency)
    assert "đã có ở máy chủ" in answer.json()["sentence"]
    assert trouble(enrol_raw(thief, code_for(hub, remote.agency), public_key="AAAA")) == "bad"
    assert trouble(enrol_raw(thief, code_for(hub, remote.agency), agency=new_id())) == "bad"


def test_a_proof_needs_the_desks_key_a_fresh_nonce_and_the_same_incarnation(
    hub: Hub, http: TestClient, remote: Remote, clock: OfficeClock
) -> None:
    nonce = Challenge.model_validate_json(http.get("/v1/challenge").text).nonce
    assert remote.prove(nonce=nonce).status_code == 200
    assert trouble(remote.prove(nonce=nonce)) == "token"
    assert trouble(remote.prove(signature="AAAA")) == "token"
    assert trouble(remote.prove(desk=new_id())) == "token"
    assert trouble(remote.prove(agency=new_id())) == "token"
    assert trouble(remote.prove(incarnation=new_id())) == "incarnation"
    old = Challenge.model_validate_json(http.get("/v1/challenge").text).nonce
    clock.forward(minutes=2)
    assert trouble(remote.prove(nonce=old)) == "token"
    assert remote.token is not None
    assert trouble(remote.prove(nonce=remote.token.token)) == "token"
    assert 'what="other_incarnation"' in hub.figures.text().decode()


def test_tokens_run_out_and_are_of_one_kind(remote: Remote, clock: OfficeClock) -> None:
    assert remote.token is not None
    remote.log_in("annv", PASSWORD)
    person = remote.person_token
    assert remote.get("/v1/desks").status_code == 200
    remote.person_token = remote.token.token
    assert trouble(remote.get("/v1/desks")) == "token"
    remote.person_token = ""
    assert trouble(remote.http.get("/v1/desks", headers={"authorization": f"Bearer {person}"})) == "token"
    assert trouble(remote.http.get("/v1/desks")) == "token"
    cut = remote.token.token[:-2]
    assert trouble(remote.http.get("/v1/desks", headers={"authorization": f"Bearer {cut}"})) == "token"
    clock.forward(minutes=16)
    assert trouble(remote.get("/v1/desks")) == "token"
    remote.come()
    assert remote.get("/v1/desks").status_code == 200


@pytest.mark.parametrize("path", ["/v1/desks", "/v1/pull?cursor=0", "/v1/wait?cursor=0", "/v1/snapshot"])
def test_every_path_asks_again_whether_the_desk_may(hub: Hub, remote: Remote, path: str) -> None:
    assert trouble(remote.http.get(path)) == "token"
    version = remote.http.get(path, headers=remote.headers | {VERSION_HEADER: "99"})
    assert trouble(version) == "version"
    with hub.store.writing() as tx:
        declare_lost(tx, remote.desk)
    assert trouble(remote.get(path)) == "lost"


def test_a_lost_desk_neither_pushes_nor_calls_nor_proves(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    with hub.store.writing() as tx:
        declare_lost(tx, remote.desk)
    assert trouble(remote.push_raw(log_of(desk)[-1:])) == "lost"
    assert trouble(remote.call_raw(log_command(remote, desk))) == "lost"
    assert trouble(remote.prove()) == "lost"


def log_command(remote: Remote, desk: Desk) -> Any:
    return make(remote, desk, c.RegisterArrival, register_id=new_id(), facts=arrival_facts())


def test_an_old_term_and_another_incarnation_are_turned_down(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    last = log_of(desk)[-1:]
    assert trouble(remote.push_raw(last, term="old")) == "term"
    assert trouble(remote.push_raw(last, incarnation=new_id())) == "incarnation"
    assert trouble(remote.call_raw(log_command(remote, desk), term="old")) == "term"
    assert trouble(remote.call_raw(log_command(remote, desk), incarnation=new_id())) == "incarnation"
    with hub.store.writing() as tx:
        hub.term = begin_recovery(tx)
    assert trouble(remote.push_raw(last)) == "term"
    assert trouble(remote.get("/v1/desks")) == "term"


def test_a_desk_enrolled_anew_leaves_its_old_store_outside(hub: Hub, remote: Remote) -> None:
    anew = Remote(remote.http, remote.agency, remote.desk, new_id())
    enrolled = anew.enrol(code_for(hub, remote.agency))
    assert enrolled.desk_code == "01"
    anew.come()
    assert anew.get("/v1/desks").status_code == 200
    assert trouble(remote.get("/v1/desks")) == "incarnation"
    assert trouble(remote.prove()) == "token"  # another key


def test_login_locks_after_five_failures(remote: Remote, clock: OfficeClock) -> None:
    for _ in range(4):
        answer = remote.log_in("annv", "Sai!1234")
        assert (answer.status_code, trouble(answer)) == (401, "token")
    assert "tạm khóa" in remote.log_in("annv", "Sai!1234").json()["sentence"]
    assert remote.log_in("annv", PASSWORD).status_code == 401
    clock.forward(minutes=16)
    remote.come()
    assert remote.log_in("annv", PASSWORD).status_code == 200
    assert remote.log_in("khongco", PASSWORD).status_code == 401


def test_what_is_not_understood_is_answered_as_a_complaint(remote: Remote) -> None:
    for body in ("", "{", '{"term": 1}', "[]"):
        assert trouble(remote.post("/v1/push", body)) == "bad"
        assert trouble(remote.post("/v1/call", body)) == "bad"
    assert trouble(remote.get("/v1/pull", cursor="x")) == "bad"
    assert trouble(remote.get("/v1/records/x")) == "bad"
    nothing = remote.get("/v1/nothing")
    assert (nothing.status_code, trouble(nothing)) == (404, "bad")
    large = remote.post("/v1/push", "x" * (LARGEST_BODY + 1))
    assert (large.status_code, trouble(large)) == (413, "bad")


def test_agencies_never_meet(
    hub: Hub, http: TestClient, remote: Remote, desk: Desk, tmp_path: Path, clock: OfficeClock
) -> None:
    answer = register(desk)
    remote.push(log_of(desk)[-1:])
    other_desk = new_office(tmp_path, 2)
    try:
        other = bring(hub, http, other_desk)
        ours, theirs = str(remote.agency), str(other.agency)
        assert ours not in other.get("/v1/pull", cursor=0).text
        assert theirs not in remote.get("/v1/pull", cursor=0).text
        assert {line["record"].get("agency_id", theirs) for line in other.snapshot()[1:-1]} == {theirs}
        assert other.get(f"/v1/records/{answer.subject}").json()["changes"] == []
        assert [one["desk"] for one in other.get("/v1/desks").json()] == [str(other.desk)]
        stolen = make(remote, desk, c.RegisterArrival, register_id=new_id(), facts=arrival_facts())
        assert trouble(other.call_raw(stolen)) == "bad"
        register_id = c.RegisterArrival.model_validate(
            make(remote, desk, c.RegisterArrival, register_id=new_id(), facts=arrival_facts())
        ).register_id
        mine = make(other, other_desk, c.RegisterArrival, register_id=register_id, facts=arrival_facts())
        assert other.call(mine)["code"] == "RegisterNotOpen"
        # A desk's proof for another agency, and a person's session from another desk.
        assert trouble(other.prove(agency=remote.agency)) == "token"
        remote.log_in("annv", PASSWORD)
        other.person_token = remote.person_token
        assert trouble(other.get("/v1/desks")) == "token"
        # Our log under their token.
        other.person_token = ""
        assert trouble(other.push_raw(log_of(desk)[-1:])) == "bad"
        # What one agency adds to its directory, no other sees.
        desk.do(desk.make(c.AddCorrespondent, name="Hợp tác xã Sông Hương"))
        remote.push(log_of(desk)[-1:])
        assert "Hợp tác xã" in remote.get("/v1/pull", cursor=0).text
        assert "Hợp tác xã" not in other.get("/v1/pull", cursor=0).text
    finally:
        other_desk.close()


def test_a_joined_desk_has_the_agencys_records_from_a_snapshot(hub: Hub, remote: Remote) -> None:
    other = join(hub, remote.http, remote.agency)
    lines = other.snapshot()
    assert {line["name"] for line in lines[1:-1]} >= {"agency", "desk", "person", "register", "register_year", "symbol"}
    assert "argon2" not in str(lines)
    page = other.pull(lines[0]["seq"])
    assert page["changes"] == []
    assert other.pull(lines[0]["seq"] + 5)["reset"]
    assert other.pull(0, term="another")["reset"]


def test_health_and_figures(http: TestClient, remote: Remote) -> None:
    assert http.get("/healthz").text == "ok\n"
    assert http.get("/readyz").text == "SERVING\n"
    figures = http.get("/metrics").text
    assert 'clerkdesk_pushed_commands_total{verdict="applied"}' in figures
    assert figures.rstrip().endswith("# EOF")
    assert str(remote.agency) not in figures
