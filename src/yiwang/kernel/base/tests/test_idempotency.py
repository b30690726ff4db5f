"""The same request twice gives one result: in turn, at the same instant, and after a failure."""

import threading
import time
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import BadInput, KeyReused
from yiwang.kernel.base.idempotency import body_hash, client_of, once
from yiwang.kernel.base.models import IdempotentRequest

ANNA = Actor(kind=ActorKind.PERSON, account_id=1)
BERT = Actor(kind=ActorKind.PERSON, account_id=2)


class Work:
    """Counts how often it was really done, by rows that roll back with their transaction."""

    def __init__(self, pause_s: float = 0) -> None:
        self.pause_s = pause_s

    def __call__(self) -> dict[str, Any]:
        done = IdempotentRequest.objects.create(
            client="work", key=f"{threading.get_ident()}-{time.monotonic_ns()}", body_hash=""
        )
        time.sleep(self.pause_s)
        return {"row": done.pk}

    @staticmethod
    def count() -> int:
        return IdempotentRequest.objects.filter(client="work").count()


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer() -> None:
    first, repeated = once(ANNA, "k1", {"a": 1}, Work())
    again, repeated_again = once(ANNA, "k1", {"a": 1}, Work())
    assert (repeated, repeated_again) == (False, True)
    assert first == again
    assert Work.count() == 1


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused() -> None:
    once(ANNA, "k1", {"a": 1}, Work())
    with pytest.raises(KeyReused) as refused:
        once(ANNA, "k1", {"a": 2}, Work())
    assert refused.value.key == "k1"
    assert Work.count() == 1


@pytest.mark.django_db
def test_keys_of_two_people_never_meet() -> None:
    once(ANNA, "k1", {"a": 1}, Work())
    _, repeated = once(BERT, "k1", {"a": 2}, Work())
    assert (repeated, Work.count()) == (False, 2)


@pytest.mark.django_db
def test_a_failure_keeps_nothing_and_may_be_tried_again() -> None:
    def fail() -> dict[str, Any]:
        Work()()
        raise BadInput.one("x", "bad", "bad")

    with pytest.raises(BadInput):
        once(ANNA, "k1", {}, fail)
    assert not IdempotentRequest.objects.exists()
    _, repeated = once(ANNA, "k1", {}, Work())
    assert not repeated


@pytest.mark.django_db
def test_a_broken_constraint_in_the_work_is_not_taken_for_a_repeat() -> None:
    def clash() -> dict[str, Any]:
        for _ in range(2):
            IdempotentRequest.objects.create(client="same", key="same", body_hash="")
        return {}

    with pytest.raises(IntegrityError), transaction.atomic():
        once(ANNA, "k1", {}, clash)
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 81, "a\nb", "\x00"])
def test_senseless_keys(key: str) -> None:
    with pytest.raises(BadInput):
        once(ANNA, key, {}, Work())
    assert Work.count() == 0


@pytest.mark.django_db
def test_without_a_key_it_simply_runs() -> None:
    assert once(ANNA, "", {}, Work())[1] is False
    assert once(ANNA, "", {}, Work())[1] is False
    assert Work.count() == 2


@pytest.mark.committed
def test_two_requests_at_the_same_instant_do_the_work_once(committed: Any) -> None:
    results = committed.in_threads(*[lambda: once(ANNA, "k1", {"a": 1}, Work(pause_s=0.3))] * 4)
    answers = [r[0] for r in results]
    assert Work.count() == 1
    assert all(a == answers[0] for a in answers), results
    assert sorted(r[1] for r in results) == [False, True, True, True]


@pytest.mark.committed
def test_at_the_same_instant_with_another_body_one_is_refused(committed: Any) -> None:
    results = committed.in_threads(
        lambda: once(ANNA, "k1", {"a": 1}, Work(pause_s=0.3)), lambda: once(ANNA, "k1", {"a": 2}, Work(pause_s=0.3))
    )
    assert Work.count() == 1
    assert sorted(type(r).__name__ for r in results) == ["KeyReused", "tuple"]


@pytest.mark.committed
def test_when_the_first_fails_the_waiting_one_does_the_work(committed: Any) -> None:
    failed = threading.Event()

    def work() -> dict[str, Any]:
        if not failed.is_set():
            failed.set()
            time.sleep(0.3)
            raise BadInput.one("x", "bad", "bad")
        return Work()()

    results = committed.in_threads(*[lambda: once(ANNA, "k1", {}, work)] * 2)
    assert Work.count() == 1
    assert sorted(type(r).__name__ for r in results) == ["BadInput", "tuple"]


def test_the_body_is_compared_by_meaning_not_by_order() -> None:
    assert body_hash({"a": 1, "b": [1, 2]}) == body_hash({"b": [1, 2], "a": 1})
    assert body_hash({"a": [1, 2]}) != body_hash({"a": [2, 1]})


def test_who_owns_a_key() -> None:
    assert client_of(Actor(kind=ActorKind.CLIENT, client_id=3)) == "client:3"
    assert client_of(ANNA) == "account:1"
    assert client_of(Actor(kind=ActorKind.PUBLIC)) == "public:"
