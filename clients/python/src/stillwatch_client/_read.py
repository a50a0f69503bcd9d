"""Parsers of JSON responses. A field of the wrong type raises a `ValueError` that has its name, never its value."""

from __future__ import annotations

from collections.abc import Mapping

from ._types import (
    Account,
    AccountPage,
    AccountRow,
    Assessment,
    ContextSentence,
    Explanation,
    ItemError,
    LabelPage,
    LabelReceipt,
    Reason,
    StoredLabel,
)

Json = Mapping[str, object]


def assessment(data: Json) -> Assessment:
    """Parse an assessment."""
    return Assessment(
        exchange=_text(data, "exchange"),
        account=_text(data, "account"),
        time=_text(data, "time"),
        exchange_count=_count(data, "exchange_count"),
        risk=_number(data, "risk"),
        risk_low=_number(data, "risk_low"),
        risk_high=_number(data, "risk_high"),
        band=_text(data, "band"),
        recommendation=_text(data, "recommendation"),
        mitigations=_names(data, "mitigations"),
        techniques=_techniques(data),
        conversation_risk=_number(data, "conversation_risk"),
        reasons=reasons(data),
        base=_number(data, "base"),
        score=_number(data, "score"),
        truncated=data.get("truncated") is True,
        bundle=_text(data, "bundle"),
    )


def reasons(data: Json) -> tuple[Reason, ...]:
    """Parse the terms of a score."""
    return tuple(_reason(record("reasons", entry)) for entry in _list(data, "reasons"))


def _reason(data: Json) -> Reason:
    return Reason(
        code=_text(data, "code"),
        observed=_number(data, "observed"),
        expected=_number(data, "expected"),
        baseline_of=_text(data, "baseline_of"),
        contribution=_number(data, "contribution"),
        text=_text(data, "text"),
        technique=_text(data, "technique") or None,
    )


def batch(data: Json, sent: int) -> list[Assessment | ItemError]:
    """Parse the results of a batch, one per exchange sent."""
    results = _list(data, "results")
    if len(results) != sent:
        raise ValueError(f"results: expected {sent}, got {len(results)}")
    return [_result(record("results", entry)) for entry in results]


def _result(data: Json) -> Assessment | ItemError:
    if "assessment" in data:
        return assessment(record("assessment", data["assessment"]))
    error = record("error", data.get("error"))
    details = _list(error, "details")
    info = record("details", details[0]) if details else {}
    return ItemError(
        code=_text(error, "code"),
        message=_text(error, "message"),
        reason=_text(info, "reason"),
        field=_text(info, "field"),
        retryable=info.get("retryable") is True,
    )


def got_account(data: Json) -> Account:
    """Parse the response of GetAccount."""
    return account(record("account", data.get("account")))


def account(data: Json) -> Account:
    """Parse the state of an account."""
    return Account(
        account=_text(data, "account"),
        pseudonym=_text(data, "pseudonym"),
        exchange_count=_count(data, "exchange_count"),
        last_seen=_text(data, "last_seen"),
        risk=_number(data, "risk"),
        risk_low=_number(data, "risk_low"),
        risk_high=_number(data, "risk_high"),
        band=_text(data, "band"),
        recommendation=_text(data, "recommendation"),
        mitigations=_names(data, "mitigations"),
        techniques=_techniques(data),
        reasons=reasons(data),
        base=_number(data, "base"),
        score=_number(data, "score"),
        bundle=_text(data, "bundle"),
    )


def account_page(data: Json) -> AccountPage:
    """Parse a page of accounts."""
    return AccountPage(
        accounts=tuple(_row(record("accounts", entry)) for entry in _list(data, "accounts")),
        next_page_token=_text(data, "next_page_token") or None,
    )


def _row(data: Json) -> AccountRow:
    return AccountRow(
        pseudonym=_text(data, "pseudonym"),
        exchange_count=_count(data, "exchange_count"),
        last_seen=_text(data, "last_seen"),
        risk=_number(data, "risk"),
        band=_text(data, "band"),
        recommendation=_text(data, "recommendation"),
    )


def explanation(data: Json) -> Explanation:
    """Parse the explanation of an account's assessment."""
    return Explanation(
        account=account(record("account", data.get("account"))),
        baseline=_text(data, "baseline"),
        technique=_text(data, "technique") or None,
        looks_for=_text(data, "looks_for"),
        look_alikes=_names(data, "look_alikes"),
        not_used=_text(data, "not_used"),
        contest=_text(data, "contest"),
        context=tuple(_sentence(record("context", entry)) for entry in _list(data, "context")),
    )


def _sentence(data: Json) -> ContextSentence:
    return ContextSentence(technique=_text(data, "technique"), text=_text(data, "text"))


def deleted(data: Json) -> bool:
    """Parse whether there was a history to delete."""
    return data.get("deleted") is True


def receipt(data: Json) -> LabelReceipt:
    """Parse the result of submitting a label."""
    return LabelReceipt(labels=_count(data, "labels"), replaced=data.get("replaced") is True)


def label_page(data: Json) -> LabelPage:
    """Parse a page of labels."""
    return LabelPage(
        labels=tuple(_label(record("labels", entry)) for entry in _list(data, "labels")),
        next_page_token=_text(data, "next_page_token") or None,
    )


def _label(data: Json) -> StoredLabel:
    return StoredLabel(
        pseudonym=_text(data, "pseudonym"),
        account=_text(data, "account") or None,
        label=_text(data, "label"),
        techniques=_names(data, "techniques"),
        conversation=_text(data, "conversation") or None,
        source=_text(data, "source") or None,
    )


def record(name: str, value: object) -> Json:
    """Return `value` if it is an object; raise `ValueError` otherwise."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name}: expected an object, got {type(value).__name__}")
    return value


def _of(data: Json, name: str) -> object:
    """Return the field by the contract's name or, as proto3 JSON writes it by default, in camel case."""
    head, *tail = name.split("_")
    return data.get(name, data.get(head + "".join(part.capitalize() for part in tail)))


def _text(data: Json, name: str) -> str:
    value = _of(data, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected text, got {type(value).__name__}")
    return value


def _number(data: Json, name: str) -> float:
    value = _of(data, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name}: expected a number, got {type(value).__name__}")
    return float(value)


def _count(data: Json, name: str) -> int:
    value = _of(data, name)
    # Proto3 JSON writes 64-bit integers as strings.
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"{name}: expected a count, got {type(value).__name__}")
    return int(value)


def _list(data: Json, name: str) -> list[object]:
    value = _of(data, name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name}: expected a list, got {type(value).__name__}")
    return value


def _names(data: Json, name: str) -> tuple[str, ...]:
    return tuple(str(entry) for entry in _list(data, name))


def _techniques(data: Json) -> dict[str, float]:
    found = record("techniques", data.get("techniques", {}))
    return {name: _number(record("techniques", risk), "risk") for name, risk in found.items()}
