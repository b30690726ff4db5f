"""Ports and processes: what is in use is named together with a free one."""

import os
import socket

import pytest

from tools import services
from tools.place import Place
from tools.say import Stop


def test_a_port_in_use_names_its_process_and_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match=rf"Port {port} is in use by \S+ \(process {os.getpid()}\)") as stop:
            services.check_port(port)
    assert "--port" in stop.value.mend


@pytest.mark.parametrize("port", [0, 70000, -1])
def test_no_port_number(port):
    with pytest.raises(Stop, match="not a port"):
        services.check_port(port)


def test_only_what_exists_is_started():
    names = [s["name"] for s in services.services(8000, 8001)]
    assert names[:1] == ["web"]
    assert set(names) | set(services.missing_services()) == {"web", "live", "worker", "relay", "sealer"}


def test_processes_run_as_the_weak_role_on_this_folder(tmp_path):
    env = services.environment(Place(tmp_path), {"YIWANG_PG_HOST": "/s"}, 8000, 8001)
    assert env["YIWANG_DB_ROLE"] == "app"
    assert env["YIWANG_DATA_DIR"] == str(tmp_path)
    assert env["YIWANG_DEMO"] == "", "no sample data, no demo mode"
    assert env["YIWANG_DEBUG"] == ""
