"""The benchmark of people working says how each ten minutes went by themselves."""


def test_a_late_fault_stands_in_its_own_window() -> None:
    from bench.mixed import Notes, windows

    notes = Notes()
    notes.spent["desk"] = [(float(s), 40.0) for s in range(0, 600, 10)] + [(float(s), 900.0) for s in range(1200, 1300, 10)]
    notes.failed = [(1250.0, "desk: 500")]
    memory = [(0.0, {"web": 100, "worker": 50}, 1.0), (590.0, {"web": 110, "worker": 50}, 1.0), (1290.0, {"web": 130, "worker": 60}, 2.0)]
    first, second, third = windows(notes, memory)
    assert (first["count"], first["p95"], first["errors"], first["memory_mb"]) == (60, 40.0, 0, 160)
    assert (second["count"], second["errors"], second["from_minute"]) == (0, 0, 10)
    assert (third["count"], third["p50"], third["errors"], third["memory_mb"]) == (10, 900.0, 1, 190)
