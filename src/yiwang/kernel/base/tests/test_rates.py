"""Limits: exact figures, one count for all processes, strangers told apart, and what an installation changes."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from yiwang.kernel.base import rate_figures, rates
from yiwang.kernel.base.actor import Actor, ActorKind, public
from yiwang.kernel.base.errors import TooMany
from yiwang.kernel.base.models import RateCount

pytestmark = pytest.mark.django_db
FEW = rates.Limit("test-few", 3, 60)
MANY = rates.Limit("test-many", 1000, 36_000)


@pytest.fixture(autouse=True)
def _nothing_counted():
    rates._leases.clear()


def taken(limit, times, caller="10.0.0.1"):
    """Return how many of so many calls are let in."""
    done = 0
    for _ in range(times):
        try:
            rates.take(limit, caller)
            done += 1
        except TooMany:
            pass
    return done


def pass_by(seconds):
    """Let the clock of every count run on."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE yw_base_ratecount SET used_until = used_until - %s * interval '1 second'", [seconds])


def test_so_many_at_once_then_one_each_share_of_the_window():
    assert taken(FEW, 5) == 3
    with pytest.raises(TooMany) as refused:
        rates.take(FEW, "10.0.0.1")
    assert 19 <= refused.value.retry_after_s <= 20
    assert str(refused.value.retry_after_s) in refused.value.detail()
    pass_by(20)
    assert taken(FEW, 3) == 1
    pass_by(3600)
    assert taken(FEW, 5) == 3, "patience is not saved up beyond the whole allowance"


def test_callers_do_not_share_and_limits_do_not_share():
    assert taken(FEW, 4) == 3
    assert taken(FEW, 4, "10.0.0.2") == 3
    assert taken(rates.Limit("test-other", 3, 60), 4) == 3


def test_no_address_is_kept():
    rates.take(FEW, "10.0.0.1")
    assert [k for k in RateCount.objects.values_list("key", flat=True) if "10.0.0.1" in k] == []
    assert RateCount.objects.get().key.startswith("test-few:")


def test_a_refused_call_writes_nothing():
    taken(FEW, 3)
    before = RateCount.objects.get().used_until
    taken(FEW, 50)
    assert RateCount.objects.get().used_until == before


def test_generous_limits_ask_the_database_rarely_and_stay_exact_enough(django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        assert taken(MANY, 100) == 100
    assert 900 <= taken(MANY, 930) <= 905, "what grows back meanwhile"


def test_a_household_counts_as_one_and_who_signed_in_by_himself():
    request = RequestFactory().get("/")
    request.actor = public()
    request.META["REMOTE_ADDR"] = "2001:db8:1:2:aaaa::1"
    assert rates.who(request, "address") == "2001:db8:1:2::/64"
    assert rates.who(request, "stranger") == "2001:db8:1:2::/64"
    request.actor = Actor(kind=ActorKind.PERSON, account_id=7)
    assert (rates.who(request, "caller"), rates.who(request, "stranger")) == ("person:7", "")
    request.actor = Actor(kind=ActorKind.CLIENT, client_id=3)
    assert rates.who(request, "caller") == "client:3"


def test_what_an_installation_changes(settings):
    settings.RATE_LIMITS = rate_figures.parse("test-few=5/60, *=off")
    assert rates.in_force(FEW).most == 5
    assert rates.in_force(MANY).most == 0
    request = RequestFactory().get("/")
    for _ in range(3):
        rates.count(MANY, request)
    assert not RateCount.objects.exists()


@pytest.mark.parametrize("text", ["x", "x=5", "x=5/0", "x=0/5", "x=-1/5", "=5/60", "x=a/b"])
def test_figures_that_cannot_be_are_refused(text):
    with pytest.raises(ValueError, match="YIWANG_RATES"):
        rate_figures.parse(text)


def test_one_name_has_one_meaning():
    assert rates.declare("open-page", 600, 60) is not None
    with pytest.raises(ValueError, match="declared twice"):
        rates.declare("open-page", 1, 60)


def test_counts_of_long_ago_are_swept():
    rates.take(FEW, "10.0.0.1")
    RateCount.objects.create(key="test-few:old", used_until=timezone.now() - timedelta(hours=1))
    assert rates.sweep() == 1
    assert RateCount.objects.count() == 1


def test_the_table_is_not_written_ahead():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'yw_base_ratecount'")
        assert cursor.fetchone() == ("u",)


PROCESS = """
import django, json, sys
django.setup()
from yiwang.kernel.base import rates
from yiwang.kernel.base.errors import TooMany
limit, done = rates.Limit("shared", 40, 3600), 0
sys.stdin.readline()
for _ in range(40):
    try:
        rates.take(limit, "10.0.0.1")
        done += 1
    except TooMany:
        pass
print(json.dumps(done))
"""


@pytest.mark.committed
def test_two_processes_count_as_one(committed):
    made = [subprocess.Popen([sys.executable, "-c", PROCESS], env=committed.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)]  # fmt: skip
    for process in made:
        process.stdin.write("go\n")
        process.stdin.flush()
    counts = [json.loads(process.communicate(timeout=120)[0].splitlines()[-1]) for process in made]
    assert sum(counts) == 40, "one allowance, whoever asks"
