"""One campaign over two sites with nothing between them but a long line, which may be cut.

Steering, the server and simulations are at one site, training and scoring at the other one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from support.command import molsteer
from support.external_campaign import HANDLERS, ExternalCampaign
from support.far_sites import NEAR_ADDRESS, FarSites, far_sites
from support.proxystore_endpoints import Place, running_endpoints
from support.redis_server import PASSWORD, TcpServer, free_port, started
from support.toy_campaign import toy_space
from support.waiting import eventually
from support.worker_process import WorkerProcess, launch_worker

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.moved import traffic
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.sites

LEASE_S = 6.0

TOYS: dict[Topic, str] = {
    topic: f"support.toy_services:{handler}" for topic, handler in HANDLERS.items()
}
REAL: dict[Topic, str] = {
    "simulate": "molsteer.simulator.app:build",
    "train": "molsteer.trainer.app:build",
    "infer": "molsteer.inferencer.app:build",
}
TINY = ("N", "O", "F", "CO", "CF", "C#N", "C=O", "FF", "N#N", "C#C", "C=C", "OO", "C", "CN")


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
    endpoint: UUID | None = None

    def keep_in_endpoint(self, home: UUID) -> None:
        """Let training sets, weights and chunks go through the endpoints of both sites."""
        assert self.sites is not None
        self.through, self.endpoint = self.sites.at(self.sites.near), home
        topics = {f"MOLSTEER_STORES__{topic}": "endpoint" for topic in ("TRAIN", "INFER")}
        self.settings |= topics | self.stores("near")

    def stores(self, site: str) -> dict[str, str]:
        """Tell a program where the endpoints are, if there are any."""
        if self.endpoint is None:
            return {}
        return {
            "MOLSTEER_STORES__ENDPOINT": str(self.endpoint),
            "PROXYSTORE_HOME": str(self.folder / site),
        }

    @contextmanager
    def at_both_sites(
        self, services: Mapping[Topic, str] = TOYS
    ) -> Iterator[dict[Topic, WorkerProcess]]:
        """Simulate at the near site, train and score at the far one."""
        assert self.sites is not None
        assert self.far_queue is not None
        with ExitStack() as stack:
            started: dict[Topic, WorkerProcess] = {}
            for topic, handler in services.items():
                near = topic == "simulate"
                site = "near" if near else "far"
                started[topic] = launch_worker(
                    self.queue if near else self.far_queue,
                    self.folder,
                    *("--site", site),
                    topic=topic,
                    handler=handler,
                    through=self.through if near else self.sites.at(self.sites.far),
                    TOY_FOLDER=str(self.folder),
                    **self.stores(site),
                )
                stack.callback(started[topic].kill)
            eventually(lambda: all(each.is_ready(self.queue) for each in started.values()))
            yield started


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
        campaign.steer_to_the_end(600.0)
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
        eventually(lambda: settled(campaign, "train") > trained)
        campaign.release()
        campaign.await_end(steering)
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
                )
            )
        campaign.release()
        campaign.await_end(steering)
    campaign.assert_counted_once()


def test_a_campaign_that_waits_for_a_site_that_never_comes_back_can_be_ended_whole(
    campaign: Campaign, sites: FarSites
) -> None:
    campaign.settings["MOLSTEER_POLICY__DURING_UPDATE"] = "pause"
    campaign.hold(after=8)
    with campaign.at_both_sites(), campaign.steered() as steering:
        campaign.await_labels(8)
        sites.cut()
        eventually(lambda: "No worker serves" in campaign.log)
        campaign.release()
        assert molsteer("stop", campaign.run_dir).returncode == 0
        campaign.await_end(steering)
    verdict = verify(campaign.run_dir)
    assert (verdict.broken, verdict.finished) == ((), "stopped")


def test_models_that_are_trained_while_the_line_is_cut_choose_molecules_afterwards(
    campaign: Campaign, sites: FarSites, tmp_path: Path
) -> None:
    (tmp_path / "tiny").mkdir()
    campaign.space, campaign.budget = toy_space(tmp_path / "tiny", TINY).folder, 10
    campaign.settings |= {
        "MOLSTEER_POLICY__BUFFER": "0",
        "MOLSTEER_POLICY__DURING_UPDATE": "pause",
        "MOLSTEER_POLICY__FIRST_TRAINING_AFTER": "5",
        "MOLSTEER_TRAIN__EPOCHS": "2",
    }
    with campaign.at_both_sites(REAL) as workers, campaign.steered() as steering:
        eventually(lambda: "Task begins." in workers["train"].log_file.read_text())
        sites.cut()
        wait_for(LEASE_S + 2.0)
        assert not settled(campaign, "infer")
        sites.mend()
        campaign.await_end(steering)
    verdict = verify(campaign.run_dir)
    assert (verdict.broken, verdict.finished, verdict.results) == ((), "budget-reached", 10)
    assert len(campaign.rows("SELECT molecule FROM result WHERE generation > 0")) >= 3
    potentials = campaign.rows(
        f"SELECT value FROM label WHERE property = '{ADIABATIC_IP}'"  # noqa: S608 - our own name
    )
    assert all(7.0 < float(value) < 25.0 for value in potentials)
    assert_moved_over_the_line(campaign)


def test_a_campaign_keeps_its_data_in_endpoints_that_meet_over_a_long_line(
    campaign: Campaign, sites: FarSites, tmp_path: Path
) -> None:
    places = [
        Place(tmp_path / name, sites.at(site))
        for name, site in (("near", sites.near), ("far", sites.far))
    ]
    for place in places:
        place.folder.mkdir()
    campaign.settings["MOLSTEER_POLICY__DURING_UPDATE"] = "pause"
    campaign.budget = 16
    with running_endpoints(places, NEAR_ADDRESS) as (home, _):
        campaign.keep_in_endpoint(home)
        with campaign.at_both_sites():
            campaign.steer_to_the_end(600.0)
    campaign.assert_counted_once()
    assert campaign.rows("SELECT DISTINCT store FROM transfer WHERE task_id LIKE 'train/%'") == [
        "endpoint"
    ]
    assert_moved_over_the_line(campaign)


def assert_moved_over_the_line(campaign: Campaign) -> None:
    """Check that the ledger knows what each site moved."""
    with closing(Ledger(campaign.run_dir, read_only=True)) as ledger:
        far, near = traffic(ledger)
    assert (near.site, near.fetched_bytes, far.site) == ("near", 0, "far")
    assert min(near.stored_bytes, far.fetched_bytes, far.stored_bytes) > 0
