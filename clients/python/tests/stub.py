"""A stub server that returns responses from a list and records requests; both clients are tested with it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from stillwatch_client import AsyncStillwatch, Stillwatch

LISTS = ("list", "export")
"""Methods that yield rows lazily."""

ASSESSMENT: dict[str, Any] = {
    "exchange": "ex-1",
    "account": "acc-1",
    "time": "2026-05-01T12:00:00Z",
    "exchange_count": 40,
    "risk": 0.0,
    "risk_low": 0.0,
    "risk_high": 0.25,
    "band": "low",
    "recommendation": "allow",
    "mitigations": ["rate_limit"],
    "techniques": {"reasoning_harvest": {"risk": 0.1}},
    "conversation_risk": 0.5,
    "reasons": [
        {
            "code": "harvest",
            "observed": 1.0,
            "expected": 0.5,
            "baseline_of": "population",
            "contribution": -0.5,
            "text": "one sentence",
        }
    ],
    "base": -1.5,
    "score": -2.0,
    "truncated": False,
    "bundle": "default@2",
}


def refusal(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    """Return an error in the server's form."""
    info = {"reason": "overloaded", "field": "messages[3].role", "retryable": True}
    details = [{"type": "stillwatch.v1.ErrorInfo", "value": "", "debug": info}]
    body = {"code": "resource_exhausted", "message": "too many", "details": details}
    return httpx.Response(status, json=body, headers=headers)


class Stub:
    """Returns responses in order; raises exception classes in the list."""

    def __init__(self, *answers: httpx.Response | type[httpx.TransportError]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, type):
            raise answer("text that must not be shown")
        return answer

    def bodies(self) -> list[Any]:
        """Return the requests received."""
        return [json.loads(request.content) for request in self.requests]


Drive = Callable[..., tuple[Any, list[float]]]
"""Calls a client method over a stub; returns its result and the delay before each retry."""


def drive_sync(monkeypatch: pytest.MonkeyPatch) -> Drive:
    """Call the synchronous client."""

    def drive(stub: Stub, call: Sequence[str], *arguments: Any, **settings: Any) -> tuple[Any, list[float]]:
        waits: list[float] = []
        monkeypatch.setattr(time, "sleep", waits.append)
        http = httpx.Client(transport=httpx.MockTransport(stub))
        with http, Stillwatch(http_client=http, **settings) as client:
            answer = method(client, call)(*arguments)
            return (list(answer) if call[-1] in LISTS else answer), waits

    return drive


def drive_async(monkeypatch: pytest.MonkeyPatch) -> Drive:
    """Call the asynchronous client."""

    def drive(stub: Stub, call: Sequence[str], *arguments: Any, **settings: Any) -> tuple[Any, list[float]]:
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        async def run() -> Any:
            http = httpx.AsyncClient(transport=httpx.MockTransport(stub))
            async with http, AsyncStillwatch(http_client=http, **settings) as client:
                answer = method(client, call)(*arguments)
                if call[-1] in LISTS:
                    return [row async for row in answer]
                return await answer

        with monkeypatch.context() as patch:
            patch.setattr(asyncio, "sleep", sleep)
            return asyncio.run(run()), waits

    return drive


def method(client: object, call: Sequence[str]) -> Any:
    """Resolve a path such as `("accounts", "get")` to a method of a client."""
    for name in call:
        client = getattr(client, name)
    return client
