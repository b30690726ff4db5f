"""The public's pages: three questions without an account, the query code, photos without position, ratings, limits."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import walk
from tests.world import picture


def send(client, world, text="路灯不亮", **who):
    photo = SimpleUploadedFile("a.jpg", picture("lamp", exif=world.point()), "image/jpeg")
    first = client.post("/report/", {"step": "what", "text": text, "photos": photo})
    assert (first.status_code, first["Location"]) == (302, "/report/?step=where"), first.content.decode()[-800:]
    lon, lat = world.point()
    second = client.post("/report/", {"step": "where", "lon": str(lon), "lat": str(lat), "address": "望湖路12号门前"})
    assert second["Location"] == "/report/?step=who"
    return client.post("/report/", {"step": "who", **who})


def test_three_questions_make_a_report(world):
    from yiwang.kernel.cases.models import Case, Report
    from yiwang.kernel.files.queries import of_subject

    client = Client()
    done = send(client, world, caller_phone="13700002222", secret="on")
    report = Report.all_modes.get()
    assert done["Location"] == f"/report/query/?code={report.query_code}&sent=1"
    assert report.query_code in client.get(done["Location"]).content.decode()
    case = Case.all_modes.get()
    assert (case.channel, case.description, case.address) == ("public", "路灯不亮", "望湖路12号门前")
    assert of_subject("case", case.uid).count() == 1
    assert case.parties.get().is_secret
    assert "13700002222" not in str(client.session.items())
    assert client.get("/report/?step=who").content.decode().count("您要提交的内容") == 0  # a new one begins at the start


def test_nothing_is_asked_before_its_turn(world):
    client = Client()
    assert "请描述问题" in client.get("/report/?step=who").content.decode()
    refused = client.post("/report/", {"step": "what", "text": " "})
    assert refused.status_code == 422
    client.post("/report/", {"step": "what", "text": "路灯不亮"})
    for place in ({"lon": "110", "lat": "30"}, {"address": "火星环形山8号"}, {}, {"lon": "x", "lat": "36"}):
        answer = client.post("/report/", {"step": "where", **place})
        assert answer.status_code == 422, place
        assert "form-error" in answer.content.decode()


def test_another_session_cannot_take_the_photo(world):
    from yiwang.kernel.files.models import Attachment

    mine, other = Client(), Client()
    mine.post("/report/", {"step": "what", "text": "路灯不亮", "photos": SimpleUploadedFile("a.jpg", picture("x"), "image/jpeg")})
    uid = Attachment.objects.get().uid
    stolen = other.post("/report/", {"step": "what", "text": "别人的照片", "uploaded": str(uid)})
    assert stolen.status_code in (404, 422)
    assert other.get(f"/files/{uid}/").status_code == 404


def test_the_code_shows_where_it_is_and_nothing_else(world):
    from yiwang.kernel.cases.contracts import PersonDraft

    case = walk.advance(world, walk.report(world, person=PersonDraft(name="王五", phone="13600003333")), "pending_handle")
    code = case.reports.get().query_code
    page = Client().get(f"/report/query/?code={code.lower()}").content.decode()
    assert "责任单位正在处理" in page
    assert "云望供水有限公司" in page
    for secret in ("王五", "13600003333", "吴派", "丁巡", str(case.uid)):
        assert secret not in page, secret
    assert Client().get("/report/query/?code=ABCDEFGHJK").status_code == 404


def test_public_photos_carry_no_position(world):
    import io

    from PIL import Image

    client = Client()
    send(client, world)
    from yiwang.kernel.cases.models import Case, Report

    case, code = Case.all_modes.get(), Report.all_modes.get().query_code
    from yiwang.kernel.files.queries import of_subject

    row = of_subject("case", case.uid).get()
    assert row.exif_lon is not None  # we know it, for the comparison with the pin
    answer = Client().get(f"/report/query/{code}/{row.uid}.jpg")
    assert answer.status_code == 200
    assert not dict(Image.open(io.BytesIO(answer.content)).getexif())
    assert Client().get(f"/report/query/ABCDEFGHJK/{row.uid}.jpg").status_code == 404


def test_rating_once_and_only_after_the_end(world):
    case = walk.advance(world, walk.report(world), "pending_close")
    code = case.reports.get().query_code
    client = Client()
    client.post("/report/query/rate/", {"code": code, "score": "5"})
    assert case.ratings.count() == 0
    case = walk.advance(world, case, "closed")
    assert "您对处理结果满意吗" in client.get(f"/report/query/?code={code}").content.decode()
    for score, kept in (("9", 0), ("x", 0), ("4", 1), ("1", 1)):
        client.post("/report/query/rate/", {"code": code, "score": score, "comment": "谢谢"})
        assert case.ratings.count() == kept, score
    assert case.ratings.get().score == 4


def test_one_address_cannot_flood(world):
    client = Client()
    answers = [send(client, world, text=f"第{n}处路灯不亮") for n in range(8)]
    assert [a.status_code for a in answers[:6]] == [302] * 6
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1]["Retry-After"]) <= 100, "one more each hundred seconds"


def test_codes_cannot_be_tried_out(world):
    client = Client()
    statuses = [client.get(f"/report/query/?code=ABCDEFGH{n:02d}").status_code for n in range(45)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_a_citizen_sees_his_own_reports_only(world):
    mine = walk.report(world, who="citizen", channel="public", text="我报的路灯不亮", class_="", photo="m")
    walk.report(world, who="", channel="public", text="别人报的井盖", class_="", photo="o")
    page = world.client("citizen").get("/my/reports/").content.decode()
    assert mine.title in page
    assert "别人报的井盖" not in page
