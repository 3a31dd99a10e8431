"""A real campaign tells somebody, and the command tries that out."""

from __future__ import annotations

import json
from pathlib import Path

from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.redis_server import tcp_server
from support.toy_campaign import toy_space
from support.waiting import eventually
from support.web_server import web_server

from molsteer.shared.settings.sections import QueueSettings


def _events(folder: Path) -> list[str]:
    file = folder / "told"
    whole, _, _ = file.read_text().rpartition("\n") if file.exists() else ("", "", "")
    return [json.loads(line)["event"] for line in whole.splitlines()]


def test_a_campaign_tells_that_nobody_works_that_its_server_is_away_and_its_end(
    tmp_path: Path,
) -> None:
    (tmp_path / "redis").mkdir()
    command = tmp_path / "tell.sh"
    command.write_text(f'#!/bin/sh\ntold=$(cat)\nprintf "%s\\n" "$told" >> {tmp_path}/told\n')
    command.chmod(0o755)
    with tcp_server(tmp_path / "redis") as server:
        queue = QueueSettings(redis_url=server.url, lease_s=5.0)
        campaign = ExternalCampaign(tmp_path, queue, toy_space(tmp_path).folder)
        campaign.settings |= {
            "MOLSTEER_NOTIFY__COMMAND": str(command),
            "MOLSTEER_NOTIFY__AFTER_MIN": "0.01",
        }
        with campaign.steered() as steering:
            eventually(lambda: "no-workers" in _events(tmp_path))
            server.kill()
            eventually(lambda: "held-up" in _events(tmp_path))
            server.start()
            with campaign.worker():
                campaign.await_end(steering)
        assert "recovered" in _events(tmp_path)
        assert _events(tmp_path)[-1] == "ended"
    last = json.loads((tmp_path / "told").read_text().splitlines()[-1])
    assert last["reason"] == "budget-reached"
    assert last["simulated"] == campaign.budget
    assert last["best"]["smiles"]


def test_the_command_tries_every_way(tmp_path: Path) -> None:
    settings = tmp_path / "campaign.toml"
    told = tmp_path / "told"
    with web_server() as received:
        text = f'command = ["cp", "/dev/stdin", "{told}"]\nurl = "{received.url}/secret"'
        settings.write_text(f'[campaign]\nspace = "a.smi"\nname = "qm9"\n[notify]\n{text}\n')
        done = molsteer("notify", settings)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"cp took the test.\n{received.url} took the test.\n"
    assert json.loads(told.read_text())["event"] == "test"
    assert json.loads(received.requests[0][1])["campaign"] == "qm9"
    again = molsteer("notify", settings, "--json")  # the server is away now
    assert again.returncode == 1
    sent = json.loads(again.stdout)["sent"]
    assert sent["cp"] is None
    assert "there is no connection" in sent[received.url]
    assert "secret" not in again.stdout + again.stderr


def test_nobody_to_tell_is_a_mistake(tmp_path: Path) -> None:
    settings = tmp_path / "campaign.toml"
    settings.write_text('[campaign]\nspace = "a.smi"\n')
    done = molsteer("notify", settings)
    assert done.returncode == 2
    assert "[notify] names nobody" in done.stderr
    settings.write_text('[campaign]\nspace = "a.smi"\n[notify]\nurl = "nosuch"\n')
    done = molsteer("notify", settings)
    assert done.returncode == 2
    assert "[notify] url: is no address" in done.stderr
