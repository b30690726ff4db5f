"""Which field of a file is which attribute: by its name in either language, by the standards' short names, by habit."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Names that desks give; the English short ones are those of GB/T 30428.2-2013 and CJ/T 214-2007 (部件数据结构).
KNOWN: dict[str, tuple[str, ...]] = {
    "code": ("objid", "objcode", "bm", "bh", "id", "code", "编码", "编号", "代码", "标识码", "部件标识码", "部件编码", "部件代码", "网格编码", "网格代码", "单元网格编码", "单元网格标识码", "网格标识码", "bgcode", "bgid"),
    "class_code": ("classcode", "objtype", "lxdm", "小类代码", "部件类型", "部件小类", "部件小类代码", "小类编码", "小类", "类别代码", "class"),
    "name": ("objname", "mc", "name", "名称", "部件名称", "标准名称", "道路名称", "网格名称", "bgname", "地址", "建筑名称", "绿地名称"),
    "status": ("objstate", "state", "status", "zt", "状态", "部件状态", "管理部件状态"),
    "supervisor_org": ("deptcode1", "deptname1", "主管部门", "主管部门代码", "主管部门名称"),
    "owner_org": ("deptcode2", "deptname2", "权属单位", "权属单位代码", "权属单位名称", "产权单位"),
    "keeper_org": ("deptcode3", "deptname3", "养护单位", "养护单位代码", "养护单位名称", "管养单位"),
    "road": ("road", "roadname", "所在道路", "道路", "路名", "街路巷"),
    "address": ("address", "addr", "dz", "地址", "位置", "位置描述", "详细地址"),
    "number": ("number", "no", "mph", "门牌号", "门牌", "楼号"),
    "surveyed_on": ("ordate", "cjrq", "初始日期", "普查日期", "采集日期"),
    "source": ("datasource", "sjly", "数据来源", "来源"),
    "remark": ("note", "bz", "remark", "备注", "说明"),
    "aliases": ("alias", "aliases", "bm2", "别名", "曾用名", "俗称"),
    "kind": ("kind", "type", "lx", "类别", "类型"),
    "floors": ("floor", "floors", "cs", "层数", "楼层"),
    "height_m": ("height", "gd", "高度", "建筑高度"),
    "area_m2": ("area", "mj", "面积", "绿地面积"),
    "land_use": ("landuse", "ydxz", "用地性质"),
    "community": ("community", "communitycode", "sqbm", "所属社区", "社区", "社区编码", "社区代码", "社区名称", "村社区"),
    "responsibility_grid": ("respgrid", "responsibi", "zrwg", "责任网格", "责任网格编码", "责任网格代码"),
    "responsible_org": ("responsibleorg", "responsibl", "管理责任主体", "责任主体", "责任单位"),
    "manual_level": ("manuallevel", "manuallev", "gldj", "管理等级", "管理等级代码"),
    "valid_from": ("validfrom", "initialdate", "ordate", "csrq", "初始日期", "启用日期", "起始日期"),
    "accuracy": ("accuracy", "jd", "精度", "精度等级"),
}  # fmt: skip
_PLAIN = re.compile(r"[\s_\-（）()]+")


def _folded(name: str) -> str:
    return _PLAIN.sub("", name).casefold()


def guess_fields(attributes: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> dict[str, str]:
    """Return {attribute: field} for what can be told; no field is used twice, exact names go first.

    >>> guess_fields([{"name": "name", "label": {"zh-Hans": "名称"}}], ["ObjID", "ObjName"])
    {'code': 'ObjID', 'name': 'ObjName'}
    """
    free = {_folded(name): name for name in reversed(fields)}
    wanted: list[tuple[str, list[list[str]]]] = [("code", [["code"], list(KNOWN["code"])])]
    for attribute in attributes:
        labels = [str(text) for text in attribute.get("label", {}).values()]
        wanted.append((attribute["name"], [[attribute["name"]], labels, list(KNOWN.get(attribute["name"], ()))]))
    found: dict[str, str] = {}
    for level in range(3):
        for attribute_name, names in wanted:
            if attribute_name in found or level >= len(names):
                continue
            for name in names[level]:
                if (key := _folded(name)) in free:
                    found[attribute_name] = free.pop(key)
                    break
    return dict(sorted(found.items(), key=lambda item: [w for w, _ in wanted].index(item[0])))
