"""Queues and stores behind TLS, whose certificates are always verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from support.celery_publisher import publishing_app
from support.external_campaign import ExternalCampaign
from support.guarded_servers import Authority, TlsServer
from support.redis_server import tcp_server

from molsteer.shared.bus.connection import check_answer, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import TOPICS


def test_a_campaign_runs_over_tls_with_certificates_on_both_sides(
    tls_server: TlsServer, space: Path, tmp_path: Path
) -> None:
    campaign = ExternalCampaign(tmp_path, tls_server.queue, space)
    campaign.with_updates()
    with ExitStack() as stack:
        for topic in TOPICS:
            stack.enter_context(campaign.worker(topic=topic))
        campaign.steer_to_the_end()
        campaign.assert_counted_once(most_executions=1)


def refused(queue: QueueSettings) -> set[str]:
    """Give what redis-py and kombu say of a server that cannot be used."""
    return {reason(partial(check_answer, queue.server_url)), reason(partial(reach, queue))}


def reason(attempt: Callable[[], None]) -> str:
    with pytest.raises(ServiceUnavailable) as refusal:
        attempt()
    return refusal.value.reason.partition(" (")[0]


def reach(queue: QueueSettings) -> None:
    """Connect as Celery does."""
    app = publishing_app(queue, Keys(queue.prefix))
    with reaching(queue.server_url), app.connection_for_write() as publisher:
        publisher.ensure_connection(max_retries=1, interval_start=0)
        publisher.default_channel.client.ping()


def changed(queue: QueueSettings, changes: Mapping[str, object]) -> QueueSettings:
    return QueueSettings.model_validate(queue.model_dump() | changes)


def test_a_server_that_another_authority_vouches_for_is_refused(
    tls_server: TlsServer, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other").file
    for ca_file in (other, None):
        queue = changed(tls_server.queue, {"tls_ca_file": ca_file})
        assert refused(queue) == {"its certificate cannot be trusted"}


def test_a_server_of_another_name_is_refused(tls_server: TlsServer) -> None:
    queue = changed(tls_server.queue, {"redis_url": f"rediss://localhost:{tls_server.port}/0"})
    assert refused(queue) == {"its certificate is one for another host"}


def test_who_has_no_certificate_is_refused(tls_server: TlsServer) -> None:
    nothing = {"tls_certificate_file": None, "tls_key_file": None}
    assert refused(changed(tls_server.queue, nothing)) == {"it breaks TLS off"}


def test_a_plain_address_of_a_server_with_tls_is_told_from_one_that_is_away(
    tls_server: TlsServer,
) -> None:
    queue = QueueSettings(redis_url=f"redis://127.0.0.1:{tls_server.port}/0")
    with pytest.raises(ServiceUnavailable, match=r"begin .* with rediss://"):
        check_answer(queue.server_url)


def test_a_server_without_tls_is_told(tmp_path: Path) -> None:
    with tcp_server(tmp_path) as plain:
        queue = QueueSettings(redis_url=plain.url.replace("redis://", "rediss://"))
        with pytest.raises(ServiceUnavailable, match="whether its port is one for TLS"):
            check_answer(queue.server_url)
