#!/usr/bin/env python3
"""Load the benchmark's data, run every gold SQL and print counts.

    python benchmarks/requests/validate.py --data DIR

DIR is the folder "tabular" of the public data folder.  The exit code is not
zero if a line is malformed, a gold SQL fails or a gold result is empty.
`load_sources` is also what a scorer should use, so that table names and types
are the same everywhere.  Needs duckdb; everything else is standard library.
"""
import argparse
import collections
import glob
import gzip
import json
import os
import re
import sqlite3
import sys
import tempfile

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEYS = {"id", "written", "lang", "sources", "question", "gold_sql", "kind", "ordered", "context", "note",
        "expect", "why"}


def table_name(source):
    """titanic.csv.gz -> titanic, examples/data/orders.csv -> orders."""
    return os.path.basename(source).split(".")[0]


def resolve(source, data_dir):
    return os.path.join(ROOT, source) if source.startswith("examples/") else os.path.join(data_dir, source)


def _sqlite_type(declared):
    d = (declared or "").upper()
    if "INT" in d:
        return "BIGINT"
    if any(x in d for x in ("NUMERIC", "DECIMAL", "REAL", "FLOA", "DOUB")):
        return "DOUBLE"
    if "DATETIME" in d or "TIMESTAMP" in d:
        return "TIMESTAMP"
    if d == "DATE":
        return "DATE"
    if "BLOB" in d:
        return "BLOB"
    return "VARCHAR"


def load_sqlite(con, path):
    """Copy the tables (not the views) of a gzipped SQLite file into `con`."""
    with tempfile.NamedTemporaryFile(suffix=".sqlite", delete=False) as tmp:
        with gzip.open(path, "rb") as f:
            tmp.write(f.read())
    try:
        lite = sqlite3.connect(tmp.name)
        lite.text_factory = lambda b: b.decode("utf-8", "replace")
        names = [r[0] for r in lite.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")]
        for name in names:
            cols = [(r[1], _sqlite_type(r[2])) for r in lite.execute('pragma table_info("%s")' % name)]
            con.execute('create table "%s" (%s)' % (name, ", ".join('"%s" %s' % c for c in cols)))
            rows = lite.execute('select * from "%s"' % name).fetchall()
            if rows:
                con.executemany('insert into "%s" values (%s)' % (name, ", ".join("?" * len(cols))), rows)
        lite.close()
    finally:
        os.unlink(tmp.name)


def load_sources(con, sources, data_dir):
    for source in sources:
        path = resolve(source, data_dir)
        if ".sqlite" in source:
            load_sqlite(con, path)
        else:
            con.execute('create table "%s" as select * from read_csv(?)' % table_name(source), [path])


_cache = {}


def connection(sources, data_dir):
    """One in-memory database for each list of sources."""
    key = tuple(sources)
    if key not in _cache:
        con = duckdb.connect()
        con.execute("set TimeZone = 'UTC'")
        load_sources(con, sources, data_dir)
        _cache[key] = con
    return _cache[key]


def check_line(item, name):
    bad = []
    unknown = set(item) - KEYS
    if unknown:
        bad.append("unknown keys %s" % sorted(unknown))
    for key in ("id", "written", "lang", "sources", "question"):
        if not item.get(key):
            bad.append("no " + key)
    if item.get("written") != ("after" if "_after" in name else "before"):
        bad.append("written does not fit the name of the file")
    if item.get("lang") not in ("en", "zh"):
        bad.append("lang")
    if "refuse" in name:
        if item.get("expect") != "refuse" or not item.get("why") or "gold_sql" in item:
            bad.append("a refusal needs expect and why and no gold_sql")
    else:
        if not item.get("gold_sql") or not item.get("kind") or not isinstance(item.get("ordered"), bool):
            bad.append("gold_sql, kind or ordered missing")
        if item.get("ordered") and "order by" not in item.get("gold_sql", "").lower():
            bad.append("ordered without ORDER BY")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder 'tabular' of the public data folder")
    parser.add_argument("--show", metavar="REGEX", help="print question, SQL and first rows of matching ids")
    parser.add_argument("--rows", type=int, default=6)
    args = parser.parse_args()
    errors, ids, questions = [], set(), {}
    by_file, by_kind, by_data = collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
    follow = collections.Counter()
    for path in sorted(glob.glob(os.path.join(HERE, "*.jsonl"))):
        name = os.path.basename(path)
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            where = "%s:%d" % (name, number)
            try:
                item = json.loads(line)
            except ValueError as e:
                errors.append("%s: %s" % (where, e))
                continue
            problems = check_line(item, name)
            if item.get("id") in ids:
                problems.append("duplicate id " + item["id"])
            ids.add(item.get("id"))
            key = (tuple(item["sources"]), item["question"].lower(), tuple(item.get("context", [])))
            if key in questions:
                problems.append("same question as " + questions[key])
            questions[key] = where
            by_file[name] += 1
            if item.get("context"):
                follow[name] += 1
            for kind in item.get("kind", []):
                by_kind[kind] += 1
            for source in item["sources"]:
                by_data[source][name.split("_")[0]] += 1
                if not os.path.exists(resolve(source, args.data)):
                    problems.append("no source " + source)
            if not problems and "gold_sql" in item:
                try:
                    cur = connection(item["sources"], args.data).execute(item["gold_sql"])
                    head = [d[0] for d in cur.description]
                    rows = cur.fetchall()
                    if not rows or all(v is None for r in rows for v in r):
                        problems.append("empty result")
                    if args.show and re.search(args.show, item["id"]):
                        print("\n%s  %s%s" % (item["id"], item["question"],
                                              "   <- " + " | ".join(item["context"]) if item.get("context") else ""))
                        print("   ", item["gold_sql"])
                        print("   ", head, len(rows), "rows", "ordered" if item["ordered"] else "")
                        for r in rows[:args.rows]:
                            print("       ", r)
                except Exception as e:            # any database error is a finding
                    problems.append(str(e).split("\n")[0])
            errors += ["%s %s: %s" % (where, item.get("id"), p) for p in problems]
    print("\n== files")
    for name, n in sorted(by_file.items()):
        print("%-26s %4d   follow-ups %d" % (name, n, follow[name]))
    print("== kinds")
    for kind, n in by_kind.most_common():
        print("%-26s %4d" % (kind, n))
    print("== data sets (dev / held)")
    for source, c in sorted(by_data.items()):
        print("%-46s %4d /%4d" % (source, c["dev"], c["held"]))
    for e in errors:
        print("ERROR", e)
    print("%d lines, %d errors" % (sum(by_file.values()), len(errors)))
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
