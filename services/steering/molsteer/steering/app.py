"""Puts a campaign together: the only module of steering that names its parts' implementations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.embedded_server import EmbeddedServer, find_server
from molsteer.shared.bus.fitness import check_server
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.telemetry.logs import about
from molsteer.shared.wire.key_file import read_key_ring, write_keys
from molsteer.shared.wire.key_ring import new_key_ring
from molsteer.shared.wire.topics import TOPICS
from molsteer.steering import run_directory
from molsteer.steering.control.requests import Inbox, make_folder
from molsteer.steering.control.thresholds import thresholds_of
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.chances import chances_as_of
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.loop.helm import alone
from molsteer.steering.loop.intake import Intake
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.loop.session import Application
from molsteer.steering.metrics.occupancy import Occupancy
from molsteer.steering.metrics.serving import serving
from molsteer.steering.notify.notices import noticing
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import changed
from molsteer.steering.settings.thresholds import still_counting, with_thresholds
from molsteer.steering.sites.local import local_site
from molsteer.steering.sites.plugins import check_plugins
from molsteer.steering.sites.port import Site
from molsteer.steering.sites.watch import attendance
from molsteer.steering.space.progress import Progress as BuildProgress
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.identity import facts_of
from molsteer.steering.start.prepare import prepare
from molsteer.steering.start.starters import draw_starters


@contextmanager
def assembled(
    settings: CampaignSettings,
    on_building: Callable[[BuildProgress], None],
    site: Site | None = None,
) -> Iterator[Application]:
    """Make everything a campaign needs, and take it down afterwards.

    Args:
        settings: What to run.
        on_building: Called now and then if the search space has to be built first.
        site: Runs the workers where the settings let none be started here.

    Raises:
        UserError: If the run directory, the search space or a server cannot be used; the run
            directory is then left as it was.
    """
    _check_server(settings)
    check_plugins(settings)
    with run_directory.held(settings.run_dir) as before, ExitStack() as stack:
        try:
            with ExitStack() as starting:
                application = _assemble(settings, on_building, site, starting)
                stack.push(starting.pop_all())
        except BaseException:
            before.restore()
            raise
        yield application


def _check_server(settings: CampaignSettings) -> None:
    """Look for the server before anything is made; a search space may take long to build."""
    read_key_ring(settings.queue.keys_file)
    if settings.workers.server == "embedded":
        find_server()
    else:
        check_server(settings.queue.server_url)


def _assemble(
    settings: CampaignSettings,
    on_building: Callable[[BuildProgress], None],
    site: Site | None,
    stack: ExitStack,
) -> Application:
    folder = settings.run_dir
    ledger = Ledger(folder, create=True)
    stack.callback(ledger.close)
    start = prepare(settings, ledger, on_building)
    embedded = settings.workers.server == "embedded"
    server = stack.enter_context(EmbeddedServer()) if embedded else None
    begun = _located(start.settings, server)
    run_directory.describe(folder, begun)
    now = with_thresholds(
        changed(begun, start.changes), still_counting(begun, thresholds_of(ledger))
    )
    campaign = _campaign(start.campaign_id, now, start.space, ledger, stack)
    site = local_site(now, folder) if now.workers.local else site
    if site:
        stack.callback(site.stop)
    kept = site.topics if site and not now.workers.local else ()
    watch = attendance(now, time.time(), kept)
    campaign.begin(
        start.plan,
        lambda: draw_starters(now, start.space, start.searched),
        start.searched,
        facts_of(now),
    )
    occupancy = Occupancy(now.queue, now.pools, ledger)
    stack.callback(lambda: occupancy.conclude(time.monotonic()))
    metrics = stack.enter_context(serving(now, ledger, occupancy))
    notices = stack.enter_context(noticing(now))
    return Application(now, campaign, server, site, watch, metrics, notices, occupancy)


def _campaign(
    campaign_id: str,
    settings: CampaignSettings,
    space: SearchSpace,
    ledger: Ledger,
    stack: ExitStack,
) -> Campaign:
    folder = settings.run_dir
    stack.enter_context(about(campaign=campaign_id))
    stay_alone = stack.enter_context(alone(settings.queue, campaign_id, folder))
    blobs = open_blobs(settings.stores, settings.queue)
    stack.callback(blobs.close)
    key_ring = read_key_ring(settings.queue.keys_file)
    with suppress(OSError):  # a campaign does without requests
        make_folder(folder)
    bus = RedisDispatch(settings.queue, campaign_id, settings.pools, key_ring)
    stack.callback(bus.close)
    dispatching = Dispatching(campaign_id, settings, folder, space, ledger, blobs)
    dispatching.prepare()
    aims = settings.outputs, settings.objectives, settings.indicators
    intake = Intake(folder, space, ledger, blobs, *aims)
    if settings.policy.promotion == "price":
        intake.chances_now = lambda: chances_as_of(ledger, dispatching.settings)
    return Campaign(
        ledger=ledger,
        bus=bus,
        dispatching=dispatching,
        intake=intake,
        inbox=Inbox(folder, ledger),
        clock=time.time,
        lost_after_s=settings.queue.lease_s / 4,
        stay_alone=stay_alone,
    )


def _located(settings: CampaignSettings, server: EmbeddedServer | None) -> CampaignSettings:
    """Fill in where the server, its keys and the file store of this run are."""
    queue, stores = settings.queue, settings.stores
    if server:
        queue = queue.at(server.url)
        if queue.keys_file is None:
            queue = queue.model_copy(update={"keys_file": server.folder / "keys.json"})
            key_ring = new_key_ring(TOPICS)
            server.furnish(lambda folder: write_keys(folder / "keys.json", key_ring))
    if stores.directory is None:
        directory = (settings.run_dir / "objects").absolute()
        stores = stores.model_copy(update={"directory": directory})
    return settings.model_copy(update={"queue": queue, "stores": stores})
