"""One campaign over two sites with nothing between them but a long line, which may be cut.

Steering, the server and simulations are at one site, training and scoring at the other one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.command import molsteer
from support.external_campaign import HANDLERS, ExternalCampaign
from support.far_sites import NEAR_ADDRESS, FarSites, far_sites
from support.redis_server import PASSWORD, TcpServer, free_port, started
from support.toy_campaign import toy_space
from support.waiting import eventually
from support.worker_process import WorkerProcess, launch_worker

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.sites

LEASE_S = 6.0


@dataclass
class NearServer(TcpServer):
    """A server at the near site, which its own machines reach by a socket as well."""

    sites: FarSites | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "socket"

    @property
    def configuration(self) -> tuple[str, ...]:
        return (*super().configuration, f"bind {NEAR_ADDRESS}", f"unixsocket {self.socket}")

    @property
    def through(self) -> tuple[str, ...]:
        assert self.sites is not None
        return self.sites.at(self.sites.near)

    @property
    def url(self) -> str:
        return f"unix://:{PASSWORD}@{self.socket}?db=0"

    @property
    def far_queue(self) -> QueueSettings:
        """How the far site reaches it."""
        url = f"redis://:{PASSWORD}@{NEAR_ADDRESS}:{self.port}/0"
        return QueueSettings(redis_url=url, lease_s=LEASE_S)


@dataclass
class Campaign(ExternalCampaign):
    """A campaign with workers at both sites."""

    sites: FarSites | None = None
    far_queue: QueueSettings | None = None

    @contextmanager
    def at_both_sites(self) -> Iterator[dict[Topic, WorkerProcess]]:
        """Simulate at the near site, train and score at the far one."""
        with ExitStack() as stack:
            stack.enter_context(self.worker())
            far: dict[Topic, WorkerProcess] = {
                "train": self.far_worker(stack, "train"),
                "infer": self.far_worker(stack, "infer"),
            }
            eventually(lambda: all(each.is_ready(self.queue) for each in far.values()), 60.0)
            yield far

    def far_worker(self, stack: ExitStack, topic: Topic) -> WorkerProcess:
        assert self.sites is not None
        assert self.far_queue is not None
        worker = launch_worker(
            self.far_queue,
            self.folder,
            topic=topic,
            handler=f"support.toy_services:{HANDLERS[topic]}",
            through=self.sites.at(self.sites.far),
            TOY_FOLDER=str(self.folder),
        )
        stack.callback(worker.kill)
        return worker


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[FarSites]:
    with far_sites(tmp_path) as sites:
        yield sites


@pytest.fixture
def campaign(sites: FarSites, tmp_path: Path) -> Iterator[Campaign]:
    (tmp_path / "redis").mkdir()
    with started(NearServer(tmp_path / "redis", free_port(), sites=sites)) as server:
        queue = QueueSettings(redis_url=server.url, lease_s=LEASE_S)
        space = toy_space(tmp_path).folder
        campaign = Campaign(
            tmp_path, queue, space, budget=40, sites=sites, far_queue=server.far_queue
        )
        campaign.with_updates()
        campaign.settings["MOLSTEER_POLICY__DURING_UPDATE"] = "continue"
        yield campaign


def settled(campaign: Campaign, topic: Topic) -> int:
    return campaign.count(f"task WHERE topic = '{topic}' AND status = 'ok'")


def wait_for(seconds: float) -> None:
    until = time.monotonic() + seconds
    eventually(lambda: time.monotonic() > until, 2 * seconds)


def test_a_campaign_over_a_long_line_is_whole(campaign: Campaign) -> None:
    campaign.settings["MOLSTEER_POLICY__DURING_UPDATE"] = "pause"
    with campaign.at_both_sites():
        campaign.steer_to_the_end(240.0)
    assert settled(campaign, "infer")
    campaign.assert_counted_once()


def test_a_line_that_is_cut_for_a_minute_stops_the_far_site_only(
    campaign: Campaign, sites: FarSites
) -> None:
    campaign.hold(after=8)
    with campaign.at_both_sites(), campaign.steered() as steering:
        campaign.await_labels(8)
        sites.cut()
        campaign.hold(after=20)
        campaign.await_labels(20)
        wait_for(60.0)
        trained = settled(campaign, "train")
        sites.mend()
        eventually(lambda: settled(campaign, "train") > trained, 120.0)
        campaign.release()
        campaign.await_end(steering, 120.0)
    campaign.assert_counted_once()


def test_a_site_that_never_comes_back_is_told_and_what_is_left_goes_on(
    campaign: Campaign, sites: FarSites
) -> None:
    campaign.hold(after=8)
    with campaign.at_both_sites(), campaign.steered() as steering:
        campaign.await_labels(8)
        sites.cut()
        for topic in ("train", "infer"):
            eventually(
                lambda topic=topic: (
                    f"No worker serves the pool 'default' of {topic};" in campaign.log
                ),
                60.0,
            )
        campaign.release()
        campaign.await_end(steering, 120.0)
    campaign.assert_counted_once()


def test_a_campaign_that_waits_for_a_site_that_never_comes_back_can_be_ended_whole(
    campaign: Campaign, sites: FarSites
) -> None:
    campaign.settings["MOLSTEER_POLICY__DURING_UPDATE"] = "pause"
    campaign.hold(after=8)
    with campaign.at_both_sites(), campaign.steered() as steering:
        campaign.await_labels(8)
        sites.cut()
        eventually(lambda: "No worker serves" in campaign.log, 60.0)
        campaign.release()
        assert molsteer("stop", campaign.run_dir).returncode == 0
        campaign.await_end(steering, 120.0)
    verdict = verify(campaign.run_dir)
    assert (verdict.broken, verdict.finished) == ((), "stopped")
