"""Data standards in the sample: two lists with a mapping, grades suggested for what bureaus landed."""

from __future__ import annotations

from sample.loading import living
from sample.loading.pressing import Stage
from sample.spec import Spec
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.services.standards import dictionary, grades
from yiwang.kernel.base.actor import Actor

RELIEF = "代码,名称,上级\n1,生活救助,\n11,低保,1\n12,特困,1\n2,急难救助,\n21,临时救助,2\n22,灾害救助,2"
LOOKED = ("civil-relief", "transport-buses", "health-deaths")


def play(spec: Spec) -> int:
    """Make lists, map them and look at three data sets; returns how many acts were done."""
    with living.staged(spec.stream("standards")) as moment:
        stage = Stage(spec, moment)
        stage.at(18, 9, 30)
        steward: Actor = stage.actor("data_steward")
        stage.do(lambda: dictionary.define_list(steward, "relief-kind", name="社会救助类别", text=RELIEF, source="社会救助暂行办法"))
        stage.do(lambda: dictionary.define_list(steward, "sex-word", name="性别（旧系统）", text="code,label\nM,男\nF,女\nX,不详"))
        stage.do(lambda: dictionary.define_mapping(steward, "sex-word", "sex", text="from,to,note\nM,1,\nF,2,\nX,9,旧系统未登记"))
        stage.at(1, 10, 5)
        for code in LOOKED:
            dataset = Dataset.objects.filter(code=code).first()
            if dataset is not None:
                stage.do(lambda found=dataset: grades.look(steward, found))  # type: ignore[misc]
        return stage.done
