"""The asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import TypeVar

import httpx

from . import _calls, _retry
from ._calls import AnyExchange, Call
from ._errors import APIConnectionError, APIError, APITimeoutError, PartialBatchError, status_error
from ._settings import Settings
from ._types import (
    Account,
    AccountPage,
    AccountRow,
    Assessment,
    Explanation,
    ItemError,
    Label,
    LabelPage,
    LabelReceipt,
    StoredLabel,
)

T = TypeVar("T")


class AsyncStillwatch:
    """Client for a Stillwatch server. Close it, or use it in an `async with` statement.

    Arguments default to environment variables: `STILLWATCH_BASE_URL`, `STILLWATCH_API_KEY`, `STILLWATCH_TIMEOUT`
    (seconds), `STILLWATCH_MAX_RETRIES`. The caller closes a `http_client` that it passes in.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._settings = Settings.of(base_url, api_key, timeout, max_retries)
        self._owned = http_client is None
        self._http = http_client or httpx.AsyncClient()
        self.accounts = AsyncAccounts(self)
        self.labels = AsyncLabels(self)

    async def score(self, exchange: AnyExchange) -> Assessment:
        """Add one exchange to its account's history and return the resulting assessment."""
        return await self._send(_calls.score(exchange))

    async def score_batch(self, exchanges: Iterable[AnyExchange]) -> list[Assessment | ItemError]:
        """Score several exchanges, in order; the batch is split at the server's bounds.

        An exchange that cannot be scored has an `ItemError` in its position. If a part of a split batch fails after
        others succeeded, `PartialBatchError` holds their results.
        """
        calls = _calls.score_batches(exchanges)
        results: list[Assessment | ItemError] = []
        for call in calls:
            try:
                part = await self._send(call)
            except APIError as error:
                if not results:
                    raise
                raise PartialBatchError(results, sum(call.sent for call in calls)) from error
            results.extend(part)
        return results

    async def close(self) -> None:
        """Close the connections."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncStillwatch:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, call: Call[T]) -> T:
        settings = self._settings
        request = call.request(settings)
        attempt = 0
        while True:
            failure: APIError
            headers = None
            try:
                response = await self._http.send(request)
            except httpx.TimeoutException:
                failure = APITimeoutError(f"no response within {settings.timeout} s", request)
            except httpx.TransportError as error:
                failure = APIConnectionError(f"the server could not be reached: {type(error).__name__}", request)
            else:
                if response.is_success:
                    return call.answer(response)
                failure = status_error(response)
                if response.status_code not in _retry.STATUSES:
                    raise failure
                headers = response.headers
            wait = _retry.delay(attempt, headers)
            if attempt >= settings.max_retries or wait is None:
                raise failure
            await asyncio.sleep(wait)
            attempt += 1


class AsyncAccounts:
    """Operations on account histories; an account is identified by its name or its pseudonym."""

    def __init__(self, client: AsyncStillwatch) -> None:
        self._client = client

    async def get(self, account: str | None = None, *, pseudonym: str | None = None) -> Account:
        """Return the state of an account. Raises `NotFoundError` if it has no history."""
        return await self._client._send(_calls.get_account(account, pseudonym))

    async def page(
        self, *, bands: Sequence[str] = (), page_size: int | None = None, page_token: str | None = None
    ) -> AccountPage:
        """Return one page of accounts, optionally of some bands only."""
        return await self._client._send(_calls.list_accounts(bands, page_size, page_token))

    async def list(self, *, bands: Sequence[str] = (), page_size: int | None = None) -> AsyncIterator[AccountRow]:
        """Iterate over all accounts; pages are fetched on demand."""
        token = None
        while True:
            page = await self.page(bands=bands, page_size=page_size, page_token=token)
            for row in page.accounts:
                yield row
            token = page.next_page_token
            if token is None:
                return

    async def explain(self, account: str | None = None, *, pseudonym: str | None = None) -> Explanation:
        """Explain the assessment of an account. Raises `NotFoundError` if it has no history."""
        return await self._client._send(_calls.explain_account(account, pseudonym))

    async def delete(self, account: str | None = None, *, pseudonym: str | None = None) -> bool:
        """Delete the history of an account; return whether there was one."""
        return await self._client._send(_calls.delete_account(account, pseudonym))


class AsyncLabels:
    """Operations on reviewers' labels."""

    def __init__(self, client: AsyncStillwatch) -> None:
        self._client = client

    async def submit(self, label: Label) -> LabelReceipt:
        """Store a label of an account or of one conversation, replacing an earlier one."""
        return await self._client._send(_calls.submit_label(label))

    async def page(self, *, page_size: int | None = None, page_token: str | None = None) -> LabelPage:
        """Return one page of the current labels."""
        return await self._client._send(_calls.export_labels(page_size, page_token))

    async def export(self, *, page_size: int | None = None) -> AsyncIterator[StoredLabel]:
        """Iterate over all current labels, by account; pages are fetched on demand."""
        token = None
        while True:
            page = await self.page(page_size=page_size, page_token=token)
            for label in page.labels:
                yield label
            token = page.next_page_token
            if token is None:
                return
