"""Tests of both clients against a real server."""

from __future__ import annotations

import asyncio
import math

import pytest

from stillwatch_client import (
    APIConnectionError,
    Assessment,
    AsyncStillwatch,
    BadRequestError,
    Client,
    Exchange,
    ItemError,
    Label,
    Message,
    NotFoundError,
    Parameters,
    Response,
    Stillwatch,
)


def exchange(account: str, text: str, id: str | None = None) -> Exchange:
    return Exchange(
        account=account,
        model="opus-4.6",
        messages=[Message("system", "be brief"), Message("user", text)],
        id=id,
        time="2026-05-01T12:00:00.5Z",
        tools=["search"],
        parameters=Parameters(temperature=0.5, max_tokens=64),
        response=Response(text="yes", finish_reason="stop", status=200, output_tokens=1),
        client=Client(user_agent="tests"),
    )


def test_one_exchange_is_scored(server: str) -> None:
    with Stillwatch(base_url=server) as client:
        for count in (1, 2):
            assessment = client.score(exchange("one", "Where is my order?", f"ex-{count}"))
            assert assessment.exchange_count == count
    assert (assessment.exchange, assessment.account) == ("ex-2", "one")
    assert assessment.time == "2026-05-01T12:00:00.5Z"
    assert 0 <= assessment.risk_low <= assessment.risk <= assessment.risk_high <= 1
    assert assessment.band == "insufficient" and assessment.recommendation == "allow"
    terms = math.fsum(reason.contribution for reason in assessment.reasons)
    assert assessment.base + terms == pytest.approx(assessment.score, abs=1e-6)


def test_a_repeated_id_is_counted_once(server: str) -> None:
    with Stillwatch(base_url=server) as client:
        first = client.score(exchange("repeated", "Where is my order?", "ex-7"))
        second = client.score(exchange("repeated", "Where is my order?", "ex-7"))
    if second.exchange_count == 2:
        pytest.skip("this server counts a repeated id twice")
    assert (first.exchange_count, second.exchange_count) == (1, 1)


def test_a_batch_beyond_the_bound_is_scored_in_order(server: str) -> None:
    texts = [exchange("many", f"Where is order {number}?") for number in range(300)]
    texts[299] = exchange("", "nobody asks")
    with Stillwatch(base_url=server, timeout=60) as client:
        results = client.score_batch(texts)
    assessments = [result for result in results if isinstance(result, Assessment)]
    assert [assessment.exchange_count for assessment in assessments] == list(range(1, 300))
    refused = results[299]
    assert isinstance(refused, ItemError)
    assert (refused.reason, refused.field) == ("missing_field", "account")


def test_the_async_client_scores_at_the_same_time(server: str) -> None:
    async def run() -> list[Assessment]:
        async with AsyncStillwatch(base_url=server, timeout=60) as client:
            calls = (client.score(exchange("async", f"Where is order {number}?")) for number in range(20))
            return await asyncio.gather(*calls)

    counts = sorted(assessment.exchange_count for assessment in asyncio.run(run()))
    assert counts == list(range(1, 21))


def test_a_refusal_says_which_field_and_nothing_of_the_text(server: str) -> None:
    with Stillwatch(base_url=server) as client, pytest.raises(BadRequestError) as raised:
        client.score({"account": "a", "model": "m", "messages": [{"role": "canary", "content": "canary"}]})
    assert (raised.value.reason, raised.value.field) == ("bad_value", "messages[0].role")
    assert "canary" not in str(raised.value)


def test_an_account_is_looked_up_explained_and_deleted(server: str) -> None:
    with Stillwatch(base_url=server) as client:
        client.score(exchange("looked up", "Where is my order?"))
        try:
            account = client.accounts.get("looked up")
        except NotFoundError as error:
            assert error.code == "unimplemented"
            pytest.skip("this server has no AccountService")
        assert (account.account, account.exchange_count) == ("looked up", 1)
        assert client.accounts.get(pseudonym=account.pseudonym).risk == account.risk
        assert client.accounts.explain("looked up").account.pseudonym == account.pseudonym
        assert account.pseudonym in {row.pseudonym for row in client.accounts.list(page_size=2)}
        assert client.accounts.delete("looked up") is True
        assert client.accounts.delete("looked up") is False
        with pytest.raises(NotFoundError):
            client.accounts.get("looked up")


def test_a_label_of_a_listed_account_comes_back(server: str) -> None:
    with Stillwatch(base_url=server) as client:
        client.score(exchange("labeled", "Where is my order?"))
        pseudonym = client.accounts.get("labeled").pseudonym
        receipt = client.labels.submit(Label(None, "benign", reviewer="tests", pseudonym=pseudonym))
        assert receipt.labels == 1 and not receipt.replaced
        assert [label.pseudonym for label in client.labels.export(page_size=1)] == [pseudonym]
        receipt = client.labels.submit(Label("labeled", "extraction"))
        assert receipt.labels == 1 and receipt.replaced
        assert [(label.account, label.label) for label in client.labels.export()] == [("labeled", "extraction")]


def test_nobody_at_home(server: str) -> None:
    # Nothing listens on port 1 of the loopback interface.
    with Stillwatch(base_url="http://127.0.0.1:1", max_retries=0) as client, pytest.raises(APIConnectionError):
        client.score(exchange("a", "x"))
