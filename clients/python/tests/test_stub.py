"""Tests of both clients against a stub: requests, retries and exceptions."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import httpx
import pytest
from stub import ASSESSMENT, Drive, Stub, drive_async, drive_sync, refusal

import stillwatch_client as client
from stillwatch_client import (
    ContextSentence,
    Exchange,
    ItemError,
    Label,
    Message,
    PartialBatchError,
    Response,
    StillwatchError,
    StoredLabel,
)

EXCHANGE = Exchange(account="acc-1", model="opus-4.6", messages=[Message("user", "hello")])


def ok() -> httpx.Response:
    return httpx.Response(200, json=ASSESSMENT)


@pytest.fixture(params=[drive_sync, drive_async], ids=["sync", "async"])
def drive(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Drive:
    made: Drive = request.param(monkeypatch)
    return made


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_retry_sends_the_same_id(drive: Drive, status: int) -> None:
    stub = Stub(refusal(status), httpx.ConnectError, ok())
    assessment, waits = drive(stub, ["score"], EXCHANGE)
    assert assessment.risk == 0.0 and assessment.risk_high == 0.25
    ids = [body["id"] for body in stub.bodies()]
    assert len(ids) == 3 and len(set(ids)) == 1 and ids[0]
    assert len(waits) == 2 and all(0 < wait <= 1 for wait in waits)


def test_two_exchanges_have_two_ids_and_a_given_id_stays(drive: Drive) -> None:
    batch = httpx.Response(200, json={"results": [{"assessment": ASSESSMENT}] * 3})
    stub = Stub(batch)
    line = {"id": "ex-7", "account": "a", "model": "m", "messages": [{"role": "user", "content": "x"}]}
    drive(stub, ["score_batch"], [EXCHANGE, EXCHANGE, line])
    first, second, given = (exchange["id"] for exchange in stub.bodies()[0]["exchanges"])
    assert first != second and given == "ex-7"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, client.BadRequestError),
        (401, client.AuthenticationError),
        (403, client.PermissionDeniedError),
        (404, client.NotFoundError),
        (409, client.ConflictError),
        (413, client.APIStatusError),
        (422, client.UnprocessableEntityError),
        (500, client.InternalServerError),
    ],
)
def test_what_cannot_succeed_is_not_sent_again(drive: Drive, status: int, error: type[client.APIStatusError]) -> None:
    stub = Stub(refusal(status))
    with pytest.raises(error) as raised:
        drive(stub, ["score"], EXCHANGE)
    assert (raised.value.status_code, raised.value.code) == (status, "resource_exhausted")
    assert (raised.value.reason, raised.value.field) == ("overloaded", "messages[3].role")
    assert len(stub.requests) == 1


def test_retries_end(drive: Drive) -> None:
    stub = Stub(*[refusal(429)] * 4)
    with pytest.raises(client.RateLimitError):
        drive(stub, ["score"], EXCHANGE, max_retries=3)
    assert len(stub.requests) == 4
    for broken, error in [
        (httpx.ReadTimeout, client.APITimeoutError),
        (httpx.ReadError, client.APIConnectionError),
    ]:
        stub = Stub(broken)
        with pytest.raises(error) as raised:
            drive(stub, ["score"], EXCHANGE, max_retries=0)
        assert "must not be shown" not in str(raised.value)


def test_what_the_server_asks_for_is_the_least_wait(drive: Drive) -> None:
    stub = Stub(refusal(429, {"retry-after": "3"}), refusal(503, {"retry-after": "nonsense"}), ok())
    _, waits = drive(stub, ["score"], EXCHANGE)
    assert 3 <= waits[0] < 4 and waits[1] < 1
    past = Stub(refusal(503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}), ok())
    assert drive(past, ["score"], EXCHANGE)[1][0] < 1
    # The client does not wait an hour: the caller decides.
    stub = Stub(refusal(429, {"retry-after": "3600"}))
    with pytest.raises(client.RateLimitError):
        drive(stub, ["score"], EXCHANGE)


def test_a_batch_is_split_at_the_bound_and_keeps_its_order(drive: Drive) -> None:
    error = {
        "code": "invalid_argument",
        "message": "`account` is required",
        "details": [{"reason": "missing_field", "field": "account", "retryable": False}],
    }
    full = [{"assessment": {**ASSESSMENT, "exchange_count": count}} for count in range(256)]
    stub = Stub(
        httpx.Response(200, json={"results": full}),
        httpx.Response(200, json={"results": [{"error": error}]}),
    )
    results, _ = drive(stub, ["score_batch"], [EXCHANGE] * 257)
    assert [len(body["exchanges"]) for body in stub.bodies()] == [256, 1]
    assert [result.exchange_count for result in results[:256]] == list(range(256))
    assert results[256] == ItemError("invalid_argument", "`account` is required", "missing_field", "account", False)


def test_a_batch_is_split_by_bytes(drive: Drive) -> None:
    large = Exchange(account="a", model="m", messages=[Message("user", "x" * 3_000_000)])
    answers = [httpx.Response(200, json={"results": [{"assessment": ASSESSMENT}] * count}) for count in (2, 1)]
    stub = Stub(*answers)
    results, _ = drive(stub, ["score_batch"], [large] * 3)
    assert len(results) == 3
    assert all(len(request.content) <= 8 * 1024 * 1024 for request in stub.requests)


def test_what_was_answered_of_a_broken_batch_is_not_lost(drive: Drive) -> None:
    full = httpx.Response(200, json={"results": [{"assessment": ASSESSMENT}] * 256})
    with pytest.raises(PartialBatchError) as raised:
        drive(Stub(full, refusal(500)), ["score_batch"], [EXCHANGE] * 300)
    assert len(raised.value.completed) == 256
    assert isinstance(raised.value.__cause__, client.InternalServerError)
    with pytest.raises(client.InternalServerError):
        drive(Stub(refusal(500)), ["score_batch"], [EXCHANGE] * 300)


def test_the_body_is_a_line_of_a_traffic_log(drive: Drive) -> None:
    stub = Stub(ok())
    exchange = Exchange(
        account="a",
        model="m",
        messages=[Message("user", [{"type": "text", "text": "hé"}])],
        id="ex-1",
        time=datetime(2026, 5, 1, 12, tzinfo=timezone.utc),
        response=Response(text="", status=200, output_tokens=0),
    )
    drive(stub, ["score"], exchange, api_key="sk-secret", base_url="http://host:1/under/")
    assert stub.bodies()[0] == {
        "id": "ex-1",
        "account": "a",
        "model": "m",
        "time": "2026-05-01T12:00:00+00:00",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hé"}]}],
        "response": {"text": "", "status": 200, "output_tokens": 0},
    }
    request = stub.requests[0]
    assert str(request.url) == "http://host:1/under/v1/score"
    assert request.headers["authorization"] == "Bearer sk-secret"


def test_accounts_are_paged(drive: Drive) -> None:
    row = {"pseudonym": "f" * 32, "exchange_count": 7, "risk": 0.5, "band": "low", "recommendation": "allow"}
    pages = [
        {"accounts": [row] * 2, "next_page_token": "t"},
        {"next_page_token": "u"},
        {"accounts": [row], "nextPageToken": ""},
    ]
    stub = Stub(*[httpx.Response(200, json=page) for page in pages])
    rows, _ = drive(stub, ["accounts", "list"])
    assert [found.exchange_count for found in rows] == [7, 7, 7]
    assert [body.get("page_token") for body in stub.bodies()] == [None, "t", "u"]


def test_accounts_are_looked_up_explained_and_deleted(drive: Drive) -> None:
    account = {**ASSESSMENT, "pseudonym": "f" * 32, "last_seen": "2026-05-01T12:00:00Z"}
    explained = {"account": account, "baseline": "b", "look_alikes": ["students"], "contest": "c"}
    explained["context"] = [{"technique": "relay_resale", "text": "s"}]
    answers = [{"account": account}, explained, {"deleted": True}, {"labels": 3, "replaced": False}]
    stub = Stub(*[httpx.Response(200, json=answer) for answer in answers])
    found, _ = drive(stub, ["accounts", "get"], "acc-1")
    assert found.techniques == {"reasoning_harvest": 0.1} and found.reasons[0].contribution == -0.5
    explanation, _ = drive(stub, ["accounts", "explain"], "acc-1")
    assert explanation.account == found and explanation.look_alikes == ("students",)
    assert explanation.context == (ContextSentence("relay_resale", "s"),)
    assert drive(stub, ["accounts", "delete"], "acc-1")[0] is True
    label = Label("acc-1", "benign", reviewer="r-7")
    assert drive(stub, ["labels", "submit"], label)[0].labels == 3
    named = {"account": "acc-1"}
    assert stub.bodies() == [named, named, named, {**named, "label": "benign", "reviewer": "r-7"}]


def test_labels_are_submitted_by_pseudonym_and_exported_page_by_page(drive: Drive) -> None:
    named = {"account": "acc-1", "pseudonym": "e" * 32, "label": "benign", "source": "r-7"}
    nameless = {"pseudonym": "f" * 32, "label": "extraction", "techniques": ["safe_rewrite"], "conversation": "c"}
    answers = [{"labels": 1, "replaced": True}, {"labels": [named], "next_page_token": "t"}, {"labels": [nameless]}]
    stub = Stub(*[httpx.Response(200, json=answer) for answer in answers])
    label = Label(None, "extraction", pseudonym="f" * 32)
    assert drive(stub, ["labels", "submit"], label)[0].replaced
    labels, _ = drive(stub, ["labels", "export"])
    assert labels == [
        StoredLabel("e" * 32, "acc-1", "benign", (), None, "r-7"),
        StoredLabel("f" * 32, None, "extraction", ("safe_rewrite",), "c", None),
    ]
    assert stub.bodies() == [{"label": "extraction", "pseudonym": "f" * 32}, {}, {"page_token": "t"}]


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[]", b"{}", b'{"risk":"high"}', b'{"results":[]}'],
)
def test_another_servers_answer_is_refused_without_an_echo(drive: Drive, answer: bytes) -> None:
    for call, argument in [("score", EXCHANGE), ("score_batch", [EXCHANGE])]:
        with pytest.raises(client.APIResponseValidationError) as raised:
            drive(Stub(httpx.Response(200, content=answer)), [call], argument)
        assert "high" not in str(raised.value)


def test_settings_come_from_arguments_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLWATCH_BASE_URL", "http://elsewhere:9")
    monkeypatch.setenv("STILLWATCH_API_KEY", "sk-secret")
    monkeypatch.setenv("STILLWATCH_TIMEOUT", "2.5")
    monkeypatch.setenv("STILLWATCH_MAX_RETRIES", "5")
    with client.Stillwatch() as made:
        settings = made._settings
    assert str(settings.base_url) == "http://elsewhere:9/"
    assert (settings.timeout, settings.max_retries, settings.api_key) == (2.5, 5, "sk-secret")
    assert "sk-secret" not in repr(settings)
    with client.Stillwatch(base_url="http://here", timeout=1, max_retries=0) as made:
        assert (str(made._settings.base_url), made._settings.timeout) == ("http://here/", 1)
    bad: list[dict[str, Any]] = [{"timeout": 0}, {"timeout": float("nan")}, {"max_retries": -1}, {"max_retries": 1.5}]
    for arguments in bad:
        with pytest.raises(StillwatchError):
            client.Stillwatch(**arguments)
    monkeypatch.setenv("STILLWATCH_TIMEOUT", "soon")
    with pytest.raises(StillwatchError, match="STILLWATCH_TIMEOUT"):
        client.Stillwatch()


def test_a_time_without_an_offset_is_refused(drive: Drive) -> None:
    exchange = Exchange(account="a", model="m", messages=[], time=datetime(2026, 5, 1))
    with pytest.raises(ValueError, match="offset"):
        drive(Stub(), ["score"], exchange)
