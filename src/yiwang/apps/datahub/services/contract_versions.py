"""Contracts of data sets: a new version with its reason, a first one guessed from a file."""

from __future__ import annotations

import hashlib

import duckdb
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import ContractRefused, FileRefused
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.lake.reading import open_file
from yiwang.apps.datahub.models import ContractVersion, Dataset
from yiwang.apps.datahub.queries.landing.runs import DESCRIBE
from yiwang.apps.datahub.queries.quality import GOVERN
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.faults import Fault
from yiwang.apps.datahub.rules.landing.inferring import infer
from yiwang.apps.datahub.rules.quality import RuleError, rules_of
from yiwang.apps.datahub.services import contract_words
from yiwang.apps.datahub.services.landing import receiving, words
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.files import store
from yiwang.kernel.files.errors import EmptyFile, TooLarge

GUESS_BYTES = 20 << 20


def refused(fault: Fault) -> ContractRefused:
    """Return the refusal in the writer's language."""
    return ContractRefused(where=contract_words.place(fault), what=contract_words.fault(fault))


def _declared(contract: contracts.Contract) -> set[str]:
    return {repr((r.get("query"), r.get("datasets"))) for r in contract.rules if r.get("kind") == "contradiction"}


def checked(dataset: Dataset, text: str) -> contracts.Contract:
    """Return the contract that a text is.

    Raises
    ------
    ContractRefused
        With the place and the reason.
    """
    try:
        contract = contracts.parse(text)
        rules_of(contract)
        with connect(threads=1) as con:
            for column in contract.columns:
                if column.pattern:  # the engine's expressions are fewer than Python's
                    con.execute("SELECT regexp_full_match('', $1)", [column.pattern])
            for rule in contract.rules:
                if rule.get("pattern"):
                    con.execute("SELECT regexp_full_match('', $1)", [str(rule["pattern"])])
    except (contracts.ContractError, RuleError) as error:
        raise refused(error) from error
    except duckdb.Error as error:
        raise refused(Fault("file", "no_pattern")) from error
    if contract.dataset != dataset.code:
        raise refused(Fault("dataset", "other_data_set", wanted=dataset.code))
    return contract


def define(actor: Actor, dataset: Dataset, text: str, reason: str = "") -> ContractVersion:
    """Write a new version of a data set's contract, which holds from now on. The same text again is no new version.

    Raises
    ------
    NotPermitted
    ContractRefused
        It cannot be kept, or an owner wrote a SQL over other data sets: that is the steward's.
    BadInput
        A change without its reason.
    """
    actor.require(DESCRIBE, area_path=dataset.area_path, org_path=dataset.org_path)
    text = text.replace("\r\n", "\n").strip() + "\n"
    contract = checked(dataset, text)
    before = _declared(contracts.from_dict(dataset.contract.body)) if dataset.contract is not None else set()
    if _declared(contract) - before and not actor.may(GOVERN, area_path=dataset.area_path, org_path=dataset.org_path):
        raise refused(Fault("rules", "steward_alone"))
    with transaction.atomic():
        locked = Dataset.objects.select_for_update(of=("self",)).select_related("contract").get(pk=dataset.pk)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if locked.contract is not None and locked.contract.hash == digest:
            return locked.contract
        if locked.contract is not None and not reason.strip():
            raise BadInput.one("reason", "required", _("Say why the contract changes."))
        last = ContractVersion.objects.filter(dataset=locked).order_by("-version").first()
        made = ContractVersion.objects.create(
            dataset=locked, version=last.version + 1 if last else 1, text=text, body=contract.as_dict(), hash=digest, reason=reason.strip()[:500], made_by_id=actor.account_id,
        )  # fmt: skip
        locked.contract, locked.cycle, locked.grade = made, contract.cycle, max(contract.grade, locked.grade)
        locked.save(update_fields=["contract", "cycle", "grade", "updated_at"])
        audit.record(actor, action="datahub.contract.defined", area_path=locked.area_path, data={"dataset": locked.code, "version": made.version, "hash": digest})
        return made


def guess(actor: Actor, dataset: Dataset, file: receiving.Upload) -> str:
    """Return a first contract guessed from a file, which is not kept.

    Raises
    ------
    NotPermitted, FileRefused
    """
    actor.require(DESCRIBE, area_path=dataset.area_path, org_path=dataset.org_path)
    try:
        incoming = store.receive(file.chunks(), limit=GUESS_BYTES, name=file.name or "")
    except TooLarge as error:
        raise receiving.refused("too_large", mb=GUESS_BYTES >> 20) from error
    except EmptyFile as error:
        raise receiving.refused("empty") from error
    try:
        opened = open_file(incoming.path, file.name or "", None)
        batch = next(opened.batches, None)
        columns = [] if batch is None else [batch.column(f"c{n}").slice(0, 2000).to_pylist() for n in range(len(opened.headers))]
        rows = list(zip(*columns, strict=True)) if columns else []
        return infer(opened.headers, rows, dataset=dataset.code, name=str(dataset.name.get("zh-Hans") or dataset.code))
    except FileRefused as refusal:
        raise FileRefused(reason=refusal.reason, facts=refusal.facts, words=words.refusal(refusal.reason, refusal.facts)) from refusal
    finally:
        incoming.discard()
