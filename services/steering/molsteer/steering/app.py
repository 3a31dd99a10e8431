"""Puts a campaign together: the only module of steering that names its parts' implementations."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.connection import check_answer
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.messages import TOPICS
from molsteer.shared.server import EmbeddedServer, find_server
from molsteer.shared.signing.key_file import read_key_ring, write_keys
from molsteer.shared.signing.key_ring import new_key_ring
from molsteer.steering import run_directory
from molsteer.steering.attendance import Attendance, attendance
from molsteer.steering.control.changes import changed, knob, values
from molsteer.steering.control.requests import Inbox, changes_of
from molsteer.steering.display import Display
from molsteer.steering.given_models import digest as digest_of_models
from molsteer.steering.given_models import keep_given, read_given, sized
from molsteer.steering.interrupts import Interrupts
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.local_site import LocalSite, local_site
from molsteer.steering.loop import Campaign
from molsteer.steering.model_files import Weights
from molsteer.steering.orders import Orders
from molsteer.steering.plugins import check_plugins
from molsteer.steering.policy.plan import Plan
from molsteer.steering.progress import Progress, measure
from molsteer.steering.sections import MEMBERS
from molsteer.steering.settings import CampaignSettings
from molsteer.steering.settlement import Settlement
from molsteer.steering.space.progress import Progress as BuildProgress
from molsteer.steering.space.search_space import SearchSpace, open_or_build
from molsteer.steering.starting_points import draw_starters, keep_known, read_known
from molsteer.steering.training_set import digest

log = logging.getLogger(__name__)

STEP_S = 0.5
"""How long one step waits for news, and so how often the display is renewed."""


@dataclass
class Application:
    """A campaign with everything it needs running around it."""

    settings: CampaignSettings
    campaign: Campaign
    server: EmbeddedServer | None
    site: LocalSite | None
    attendance: Attendance
    _trouble: str | None = None

    def steer(self, display: Display, interrupts: Interrupts) -> None:
        """Run the campaign to its end, or until the user has stopped it.

        Raises:
            WorkersKeepDying: If the workers on this machine do not stay alive.
        """
        while not (self.ended or interrupts.at_once):
            if interrupts.take_first():
                log.info("Stopping when the published simulations have ended.")
                self.campaign.drain()
            progress = self.advance(display.say)
            display.show(progress, time.time())

    @property
    def ended(self) -> bool:
        """Whether the campaign is over, or at rest after it was drained."""
        return self.campaign.finished is not None or self.campaign.drained

    def advance(self, complain: Callable[[str], None]) -> Progress:
        """Keep everything running, take one step, and tell how far the campaign is.

        Args:
            complain: Hears what a person must not miss; it is logged as well.

        Raises:
            WorkersKeepDying: If the workers on this machine do not stay alive.
        """
        self._keep_running()
        self._step(complain)
        return measure(
            self.campaign.ledger,
            budget=self.campaign.state.plan.budget,
            hit_above_eV=self.settings.campaign.hit_above_eV,
            activity=self._trouble or _activity(self.campaign, self.settings.policy.starter),
            now=time.time(),
        )

    def _keep_running(self) -> None:
        if self.server and self.server.keep_running():
            log.warning("The embedded server ended and was started again.")
        if self.site:
            self.site.provide(self.campaign.state.plan.slots)
            self.site.keep_running()

    def _step(self, complain: Callable[[str], None]) -> None:
        try:
            self.campaign.step(STEP_S)
            for complaint in self.attendance.complaints(time.time()):
                log.warning(complaint)
                complain(complaint)
            self._trouble = None
        except ServiceUnavailable as error:
            if str(error) != self._trouble:
                log.warning("%s Trying again until it answers.", error)
            self._trouble = str(error)
            time.sleep(STEP_S)

    def retire(self) -> None:
        """Remove what a campaign that has ended left in stores and queues."""
        try:
            self.campaign.bus.retire()
            self.campaign.orders.retire()
        except ServiceUnavailable as error:
            log.warning("%s What the campaign left there expires by itself.", error)


@contextmanager
def assembled(
    settings: CampaignSettings, on_building: Callable[[BuildProgress], None]
) -> Iterator[Application]:
    """Make everything a campaign needs, and take it down afterwards.

    Args:
        settings: What to run.
        on_building: Called now and then if the search space has to be built first.

    Raises:
        UserError: If the run directory, the search space or a server cannot be used; the run
            directory is then left as it was.
    """
    _check_server(settings)
    check_plugins(settings)
    with run_directory.held(settings.run_dir) as before, ExitStack() as stack:
        try:
            with ExitStack() as starting:
                application = _assemble(settings, on_building, starting)
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
        check_answer(settings.queue.server_url)


def _assemble(
    settings: CampaignSettings, on_building: Callable[[BuildProgress], None], stack: ExitStack
) -> Application:
    folder = settings.run_dir
    ledger = Ledger(folder, create=True)
    stack.callback(ledger.close)
    given = read_given(settings)
    settings = sized(settings, given)
    known = read_known(settings, ledger)
    space = open_or_build(
        settings.campaign.space,
        folder / "space",
        settings.infer.chunk_size,
        on_progress=on_building,
    )
    labels = keep_known(known, space, ledger)
    name, changes = settings.campaign.name, changes_of(ledger)
    identity = _identity(settings, space, given, _plan(settings, space, labels))
    campaign_id = run_directory.claim(folder, ledger, name, identity, changes)
    keep_given(given, folder, ledger)
    settings = changed(settings, changes)
    server = None
    if settings.workers.server == "embedded":
        server = stack.enter_context(EmbeddedServer())
    settings = _located(settings, server)
    blobs = open_blobs(settings.stores, settings.queue)
    stack.callback(blobs.close)
    key_ring = read_key_ring(settings.queue.keys_file)
    bus = RedisDispatch(settings.queue, campaign_id, settings.pools, key_ring)
    stack.callback(bus.close)
    run_directory.describe(folder, settings)
    site = local_site(settings, folder) if settings.workers.local else None
    if site:
        stack.callback(site.stop)
    campaign = Campaign(
        ledger=ledger,
        bus=bus,
        orders=Orders(campaign_id, settings, folder, space, ledger, blobs),
        settlement=Settlement(folder, space, ledger, blobs),
        inbox=Inbox(folder, ledger),
        clock=time.time,
        lost_after_s=settings.queue.lease_s / 4,
    )
    plan, searched = _plan(settings, space, labels), known_labels.molecules(ledger)
    campaign.begin(plan, lambda: draw_starters(settings, space, searched), searched)
    return Application(settings, campaign, server, site, attendance(settings, time.time()))


def _located(settings: CampaignSettings, server: EmbeddedServer | None) -> CampaignSettings:
    """Fill in where the server, its keys and the file store of this run are."""
    queue, stores = settings.queue, settings.stores
    if server:
        queue = queue.at(server.url)
        if queue.keys_file is None:
            queue = queue.model_copy(update={"keys_file": server.folder / "keys.json"})
            write_keys(server.folder / "keys.json", new_key_ring(TOPICS))
    if stores.directory is None:
        directory = (settings.run_dir / "objects").absolute()
        stores = stores.model_copy(update={"directory": directory})
    return settings.model_copy(update={"queue": queue, "stores": stores})


def _plan(settings: CampaignSettings, space: SearchSpace, known_labels: int) -> Plan:
    policy = settings.policy
    return Plan(
        budget=settings.campaign.budget,
        slots_simulate=settings.simulate.slots,
        slots_train=settings.train.slots,
        slots_infer=settings.infer.slots,
        buffer=policy.buffer,
        shortlist=policy.shortlist,
        first_training_after=policy.first_training_after,
        retrain_after=policy.retrain_after,
        during_update=policy.during_update,
        warm_start=policy.start_from == "warm",
        merge=policy.merge,
        members=settings.train.members or MEMBERS,
        pretrained=bool(settings.train.models),
        space_size=len(space),
        chunk_size=space.chunk_size,
        attempts=policy.attempts,
        failure_limit=policy.failure_limit,
        known_labels=known_labels,
    )


def _identity(
    settings: CampaignSettings, space: SearchSpace, given: Weights | None, plan: Plan
) -> Mapping[str, object]:
    """Name everything that decisions depend on; slots may change between sessions."""
    changeable = values(settings)
    fixed = {
        "campaign.name": settings.campaign.name,
        "campaign.seed": settings.campaign.seed,
        "campaign.space": space.digest,
        "policy.starter": settings.policy.starter,
        "simulate": settings.simulate.specification().model_dump(),
        "train": settings.train.plan().model_dump(),
    } | {f"{topic}.handler": handler for topic, handler in settings.handlers.items()}
    training_set = settings.campaign.training_set
    if training_set is not None:
        fixed["campaign.training_set"] = digest(training_set)
    if given:
        fixed["train.models"] = digest_of_models(given)
    named = {name: value for name, value in changeable.items() if not name.endswith(".slots")}
    knobs = {knob(name) for name in changeable}
    rest = {f"plan.{name}": value for name, value in asdict(plan).items() if name not in knobs}
    return fixed | named | rest


def _activity(campaign: Campaign, starter: str) -> str:
    match campaign.state.update_progress:
        case _ if campaign.draining:
            return "stopping, waiting for the published simulations"
        case _ if campaign.state.stopping:
            return "stopping, waiting for the running simulations"
        case _ if campaign.state.paused:
            return "paused"
        case None:
            return "models idle" if campaign.state.model else f"{starter} start"
        case phase, settled, wanted:
            return f"{phase} {settled}/{wanted}"
