"""A user for each role: it may do its work, and nothing else."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis
from support.celery_publisher import publishing_app
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.guarded_servers import RolesServer
from support.waiting import eventually
from support.worker_process import WorkerProcess, queue_variables

from molsteer.shared.bus.celery_app import task_name
from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.roles import ROLES, Role
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import without_login
from molsteer.shared.wire.topics import Topic

TOPICS: dict[Role, Topic] = {"simulator": "simulate", "trainer": "train", "inferencer": "infer"}
LEASE_S = 5.0


@pytest.fixture
def campaign(roles_server: RolesServer, space: Path, tmp_path: Path) -> Iterator[ExternalCampaign]:
    """Steered by steering's user; the test itself is the admin, and nothing may be refused."""
    queue = roles_server.queue.model_copy(update={"lease_s": LEASE_S})
    campaign = ExternalCampaign(tmp_path, queue, space)
    campaign.settings |= as_role(roles_server, "steering")
    with campaign.client() as client:
        client.acl_log_reset()
        yield campaign
        assert client.acl_log() == []


def as_role(server: RolesServer, role: Role) -> dict[str, str]:
    queue = server.queue_of(role)
    return queue_variables(queue.model_copy(update={"lease_s": LEASE_S}))


def worker(
    campaign: ExternalCampaign, server: RolesServer, role: Role = "simulator"
) -> AbstractContextManager[WorkerProcess]:
    return campaign.worker(topic=TOPICS[role], **as_role(server, role))


def test_a_campaign_runs_with_a_user_for_each_role(
    campaign: ExternalCampaign, roles_server: RolesServer
) -> None:
    campaign.with_updates()
    with ExitStack() as stack:
        for role in TOPICS:
            stack.enter_context(worker(campaign, roles_server, role))
        campaign.steer_to_the_end()
        campaign.assert_counted_once(most_executions=1)


def test_recovery_needs_no_more_rights(
    campaign: ExternalCampaign, roles_server: RolesServer
) -> None:
    campaign.one_at_a_time()
    campaign.hold()
    with campaign.steered() as steering:
        with worker(campaign, roles_server) as killed:
            eventually(lambda: campaign.executions == 1)
            killed.kill()
        with worker(campaign, roles_server) as told_to_end:
            eventually(lambda: campaign.executions == 2)
            told_to_end.terminate()
        send_nonsense(roles_server.queue_of("steering"))
        with worker(campaign, roles_server):
            eventually(lambda: campaign.executions == 3)
            campaign.release()
            campaign.await_end(steering)
            with campaign.client() as client:
                eventually(partial(client.delete, Keys(campaign.queue.prefix).dead_letters))
            campaign.assert_counted_once(most_executions=3)


def send_nonsense(queue: QueueSettings) -> None:
    keys = Keys(queue.prefix)
    with publishing_app(queue, keys) as app:
        app.send_task(task_name("simulate"), ("nonsense",), queue=keys.queue("simulate"))


@contextmanager
def connected(server: RolesServer, role: Role) -> Iterator[redis.Redis]:
    with connect(server.queue_of(role).server_url) as client:
        yield client


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"admin"}))
@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG GET port",
        "CONFIG SET maxmemory 1",
        "KEYS *",
        "SHUTDOWN",
        "MONITOR",
        "ACL LIST",
        "CLIENT KILL 127.0.0.1:1",
        "REPLICAOF NO ONE",
        "PUBLISH channel text",
        "GET molsteer-of-others:blob:common:0",
        "SET elsewhere 1",
    ],
)
def test_nobody_but_the_admin_may_harm_others(
    roles_server: RolesServer, role: Role, command: str
) -> None:
    with (
        connected(roles_server, role) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())


@pytest.mark.parametrize("role", sorted(TOPICS))
def test_a_worker_reaches_the_queues_of_its_own_topic_only(
    roles_server: RolesServer, role: Role
) -> None:
    keys, pooled = Keys("molsteer"), Keys("molsteer", dict.fromkeys(TOPICS.values(), "theta"))
    with connected(roles_server, role) as client:
        for topic in TOPICS.values():
            trials = (
                partial(client.rpop, keys.queue(topic)),
                partial(client.brpop, [keys.queue(topic)], 0.01),
                partial(client.brpop, [pooled.queue(topic)], 0.01),
                partial(client.hget, keys.unacked(topic), "tag"),
                partial(client.zrange, f"{pooled.unacked(topic)}:index", 0, 1),
                partial(client.get, keys.lease("campaign", f"{topic}/1/1")),
                partial(client.delete, keys.worker(topic, "host:1:abc")),
                partial(client.set, keys.block(topic, "abc"), "host", xx=True),
            )
            allowed = [is_allowed(trial) for trial in trials]
            assert allowed == [False, *[topic == TOPICS[role]] * 7]
        for forbidden in (
            partial(client.sadd, keys.closed("campaign"), "simulate/1/xtb/1"),
            partial(client.lrange, keys.dead_letters, 0, -1),
            partial(client.scan),
        ):
            assert not is_allowed(forbidden)


def test_metrics_counts_and_reads_or_changes_nothing(roles_server: RolesServer) -> None:
    keys = Keys("molsteer")
    with connected(roles_server, "metrics") as client:
        assert client.info("memory")["used_memory"]
        assert client.llen(keys.queue("train")) == client.hlen(keys.outcomes("campaign")) == 0
        for forbidden in (
            partial(client.lpush, keys.queue("train"), "message"),
            partial(client.lrange, keys.queue("train"), 0, -1),
            partial(client.hgetall, keys.outcomes("campaign")),
            partial(client.mget, [keys.blob("campaign", "0")]),
            partial(client.delete, keys.outcomes("campaign")),
        ):
            assert not is_allowed(forbidden)


def is_allowed(trial: partial[object]) -> bool:
    try:
        trial()
    except redis.exceptions.NoPermissionError:
        return False
    return True


def test_nobody_gets_in_without_a_password(roles_server: RolesServer) -> None:
    with (
        connect(without_login(roles_server.queue.server_url)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_users_are_made_for_one_pair_of_eyes_and_stay_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "users"
    assert molsteer("redis-users", folder).returncode == 0
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == sorted(
        ["users.acl", *(f"{role}.password" for role in ROLES)]
    )
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {file: file.read_text() for file in files}
    secrets = {text.strip() for file, text in before.items() if file.suffix == ".password"}
    assert len(secrets) == len(ROLES)
    (folder / "trainer.password").unlink()
    done = molsteer("redis-users", folder)
    after = {file: file.read_text() for file in files}
    changed = {file.name for file in files if after[file] != before[file]}
    assert changed == {"trainer.password", "users.acl"}
    assert not any(secret in done.stdout + before[folder / "users.acl"] for secret in secrets)
