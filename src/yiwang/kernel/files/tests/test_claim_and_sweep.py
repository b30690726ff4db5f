"""Tying files to a case, seeing them, finding pictures used before, and sweeping what nobody claimed."""

import os
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from yiwang.kernel.base.actor import Actor, ActorKind, public, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.files import access, queries, services, store
from yiwang.kernel.files.errors import NotYours
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.rules.hashes import bands, distance, signed
from yiwang.kernel.files.tests.conftest import encoded, street

pytestmark = pytest.mark.django_db
ANN, BOB = (Actor(kind=ActorKind.CLIENT, client_id=n, client_name=str(n)) for n in (1, 2))
CASE = UUID("018f0000-0000-7000-8000-000000000001")


def send(actor=ANN, seed=1, token="", image=None, **more):
    data = encoded(image or street(seed, (400, 300)))
    return services.store_upload(actor=actor, file=ContentFile(data, "a.jpg"), token=token, **more)


def claim(uids, actor=ANN, subject=CASE, **more):
    return services.claim(actor=actor, uids=uids, subject_kind="case", subject_uid=subject, **more)


def test_claiming_ties_once_and_may_be_repeated():
    one, two = send(), send(seed=2)
    rows = claim([two.uid, str(one.uid), one.uid], area_path="1.4.", stage="before", org_id=7)
    assert [row.uid for row in rows] == [two.uid, one.uid]
    stored = Attachment.objects.get(pk=one.pk)
    assert (stored.subject_uid, stored.area_path, stored.stage, stored.org_id) == (CASE, "1.4.", "before", 7)
    claim([one.uid])
    assert Attachment.objects.get(pk=one.pk).claimed_at == stored.claimed_at
    assert list(queries.of_subject("case", CASE)) == rows[::-1] or len(queries.of_subject("case", CASE)) == 2
    assert len(queries.of_subjects("case", [CASE])[CASE]) == 2
    assert claim([]) == []


def test_what_is_not_yours_is_refused_whole():
    mine, his, taken = send(), send(BOB, 2), send(seed=3)
    claim([taken.uid], subject=uuid4())
    for uids in ([mine.uid, his.uid], [mine.uid, taken.uid], [mine.uid, uuid4()]):
        with pytest.raises(NotYours) as refused:
            claim(uids)
        assert refused.value.uids == (str(uids[1]),)
    assert Attachment.objects.get(pk=mine.pk).subject_uid is None
    with pytest.raises(BadInput):
        claim(["not a uid"])
    with pytest.raises(BadInput):
        claim([uuid4() for _ in range(21)])
    assert claim([his.uid], actor=system())


def test_strangers_are_told_apart_by_token():
    row = send(public(), token="form-token-1")
    for token in ("", "form-token-2"):
        with pytest.raises(NotYours):
            claim([row.uid], actor=public(), token=token)
        with pytest.raises(NotFound):
            queries.attachment(public(), row.uid, token)
    assert queries.attachment(public(), row.uid, "form-token-1") == row
    assert claim([row.uid], actor=public(), token="form-token-1")


def test_the_owner_of_the_subject_decides_who_sees():
    row, voice = send(), send(seed=2, is_personal=True)
    claim([row.uid, voice.uid])
    with pytest.raises(NotFound):  # nobody answers for cases yet
        queries.attachment(ANN, row.uid)
    access.register_access("case", lambda actor, uid: uid == CASE and actor.client_id == 2)
    assert queries.attachment(BOB, row.uid) == row
    with pytest.raises(NotFound):
        queries.attachment(ANN, row.uid)
    with pytest.raises(NotFound):
        queries.attachment(BOB, voice.uid)
    assert list(queries.of_subject("case", CASE)) == [row]
    access.register_access("case", lambda *_: True, may_see_personal=lambda actor, _uid: actor.client_id == 1)
    assert queries.attachment(ANN, voice.uid) == voice
    assert len(queries.of_subject("case", CASE, personal=True)) == 2


def test_a_picture_used_before_is_found_by_bytes_and_by_likeness(django_assert_num_queries):
    image = street(5, (800, 600))
    first = send(image=image)
    claim([first.uid], subject=uuid4())
    other = send(seed=6)
    claim([other.uid], subject=uuid4())
    again = send(image=image)
    copy = BytesIO()  # smaller, harder compressed and a little brighter: another file of the same picture
    image.resize((500, 375)).point(lambda v: min(255, v + 6)).save(copy, "JPEG", quality=45)
    alike = services.store_upload(actor=ANN, file=ContentFile(copy.getvalue(), "b.jpg"))
    with django_assert_num_queries(1):
        found = queries.used_before(again)
    assert [(f.uid, f.exact, f.distance) for f in found] == [(first.uid, True, 0)]
    found = queries.used_before(alike)
    assert [(f.uid, f.exact) for f in found] == [(first.uid, False)]
    assert found[0].distance <= 4
    assert queries.used_before(alike, [found[0].subject_uid]) == []
    assert queries.used_before(send(seed=7)) == []


def test_even_pictures_are_not_alike():
    for colour in ("white", "black"):
        row = send(image=Image.new("RGB", (300, 300), colour))
        claim([row.uid], subject=uuid4())
    assert queries.used_before(send(image=Image.new("RGB", (300, 300), (250, 250, 250)))) == []


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=4))
def test_four_bits_never_hide_from_the_bands(value, flips):
    other = value
    for bit in flips:
        other ^= 1 << bit
    assert set(bands(value)) & set(bands(other))
    assert distance(signed(value), signed(other)) == len(flips)


def test_sweeping(kept):
    fresh, old, tied = send(), send(seed=2), send(seed=3)
    claim([tied.uid])
    Attachment.objects.filter(pk__in=[old.pk, tied.pk]).update(uploaded_at=now() - timedelta(hours=25))
    store.put(b"named by nobody, young")
    killed = store.root() / "incoming" / "1-abc"
    killed.write_bytes(b"half a file")
    done = services.sweep()
    assert done == {"rows": 1, "blobs": 0, "temporary": 0}
    for sha256 in store.blobs():
        os.utime(store.path_of(sha256), (0, 0))
    os.utime(killed, (0, 0))
    done = services.sweep()
    assert done == {"rows": 0, "blobs": 3, "temporary": 1}  # photo and preview of the old one, and the orphan
    assert set(Attachment.objects.values_list("pk", flat=True)) == {fresh.pk, tied.pk}
    assert services.verify() == []
    store.path_of(tied.sha256).write_bytes(b"tampered")
    assert services.verify() == [tied.sha256]


def test_bytes_that_two_rows_share_outlive_one_of_them():
    one, two = send(), send()
    claim([two.uid])
    Attachment.objects.filter(pk=one.pk).update(uploaded_at=now() - timedelta(days=2))
    for sha256 in store.blobs():
        os.utime(store.path_of(sha256), (0, 0))
    assert services.sweep() == {"rows": 1, "blobs": 0, "temporary": 0}
    assert store.exists(two.sha256)
