"""SQL by which a source is read: one SELECT that writes nothing, whatever the dialect.

This is the first of two locks; the second is the transaction, which the adapters open read-only where the server knows it.

Examples
--------
>>> refusal("SELECT id, name FROM person WHERE id > 3", "postgres")
''
>>> refusal("SELECT 1; DROP TABLE person", "postgres")
'one'
>>> refusal("WITH d AS (DELETE FROM person RETURNING *) SELECT * FROM d", "postgres")
'writes'
>>> refusal("SELECT pg_sleep(100)", "postgres"), refusal("SELECT * FROM person FOR UPDATE", "mysql")
('function', 'writes')
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp

DIALECTS = {"postgresql": "postgres", "kingbase": "postgres", "mysql": "mysql", "sqlserver": "tsql", "oracle": "oracle"}
_WRITES = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable, exp.Into, exp.Lock, exp.Copy,
    exp.Command, exp.Set, exp.Transaction, exp.Commit, exp.Rollback, exp.Grant, exp.LoadData,
)  # fmt: skip
# Functions that act, wait or read files on the server; an account that may call them should not be given to us at all.
_ACTS = ("pg_", "lo_", "dblink", "query_to_xml", "set_config", "nextval", "setval", "sleep", "load_file", "benchmark", "get_lock", "release_lock",
         "openrowset", "opendatasource", "xp_", "sp_", "utl_", "dbms_", "sys_exec", "waitfor", "file_fdw")  # fmt: skip


def refusal(sql: str, dialect: str) -> str:
    """Return why the text may not be run: unreadable, one, not-select, writes, function; empty when it may."""
    try:
        found = [s for s in sqlglot.parse(sql, read=dialect) if s is not None]
    except sqlglot.errors.SqlglotError:
        return "unreadable"
    if len(found) != 1:
        return "one"
    tree = found[0]
    if not isinstance(tree, exp.Query):
        return "not-select"
    for node in tree.walk():
        if isinstance(node, _WRITES):
            return "writes"
        if isinstance(node, exp.Func):
            name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
            if name.startswith(_ACTS):
                return "function"
    return ""
