"""Profiles of sites: one TOML file says where workers run, and what they need there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.loading import FileSettings, load, origins_of
from molsteer.shared.settings.names import Name
from molsteer.shared.settings.origins import Origin
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.suggestions import did_you_mean
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.shared.worker.scheduler import duration_s
from molsteer.shared.worker.walltime import MARGIN_S
from molsteer.steering.sites.errors import SteersInCluster, UnknownSite
from molsteer.steering.sites.sections import (
    BatchSection,
    GlobusComputeSection,
    ImageSection,
    RedisSection,
    ServiceSection,
    SiteSection,
)

PROFILES = Path("deploy") / "sites"
"""Where `molsteer site` looks for a profile by its name."""

SERVICES: Mapping[Topic, str] = {
    "simulate": "simulator",
    "train": "trainer",
    "infer": "inferencer",
}
"""The table of each topic's service, which is also its role on the server."""


_COMMON = (
    "account",
    "queue",
    "qos",
    "constraint",
    "walltime",
    "nodes",
    "cores",
    "gpus",
    "options",
)
"""What blocks of a service ask for as all blocks do, unless the service says otherwise."""


_UNASKED = (None, (), 1)


class Profile(FileSettings):
    """Everything that describes one site."""

    site: SiteSection
    redis: RedisSection = RedisSection()
    batch: BatchSection = BatchSection()
    image: ImageSection = ImageSection()
    globus_compute: GlobusComputeSection = GlobusComputeSection()
    simulator: ServiceSection = ServiceSection()
    trainer: ServiceSection = ServiceSection()
    inferencer: ServiceSection = ServiceSection()
    queue: QueueSettings = QueueSettings()
    stores: StoreSettings = StoreSettings()

    def service(self, topic: Topic) -> ServiceSection:
        """Give what a service asks for, with what all blocks ask for where it says nothing."""
        own: ServiceSection = getattr(self, SERVICES[topic])
        common = {name: getattr(self.batch, name) for name in _COMMON if getattr(own, name) is None}
        return own.model_copy(update=common)

    @property
    def topics(self) -> list[Topic]:
        """What this site works on."""
        return [topic for topic in TOPICS if self.service(topic).max_blocks]

    def image_of(self, topic: Topic) -> Path | None:
        """Give the image of a topic's service, or None where it runs without."""
        return self.image.cpu if topic == "simulate" else self.image.gpu


def find_profile(name: str) -> Path:
    """Find the file of a site: a path that ends in .toml, or a name in `deploy/sites`.

    Raises:
        UnknownSite: If there is none.
    """
    file = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    if file.is_file():
        return file
    known = sorted(path.stem for path in file.parent.glob("*.toml"))
    raise UnknownSite(file, known, did_you_mean(file.stem, known))


def is_profile(file: Path) -> bool:
    """Tell whether a file describes a site, and no campaign."""
    try:
        return "site" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # whoever reads it next, tells why


def is_cluster(file: Path) -> bool:
    """Tell whether a profile is that of a Kubernetes cluster, which has tables of its own.

    Raises:
        SettingsError: If the file cannot be read.
    """
    return origins_of(file, {}).value(Name("site", "scheduler")) == "kubernetes"


def load_profile(name: str) -> tuple[Path, Profile]:
    """Read and check a site's profile; variables `MOLSTEER_TABLE__KEY` overrule it.

    Raises:
        UnknownSite: If there is none.
        SteersInCluster: If it is that of a Kubernetes cluster.
        SettingsError: If it cannot be used; all problems are named at once.
    """
    file = find_profile(name)
    if is_cluster(file):
        raise SteersInCluster(file.stem)
    profile = load(Profile, file, {})
    named_by = origins_of(file, {}).of(Name("queue", "redis_url"))
    if problems := [*_of_the_server(profile, named_by), *_problems(profile)]:
        raise SettingsError(str(file), problems)
    return file, profile


def _problems(profile: Profile) -> Iterator[str]:
    yield from _of_the_network(profile)
    yield from _of_globus_compute(profile)
    if not profile.topics:
        tables = ", ".join(f"[{name}]" for name in SERVICES.values())
        yield f"No service has any block. Give max_blocks in one of {tables}."
    for topic in TOPICS:
        yield from _of_a_service(profile, topic)


def _of_the_server(profile: Profile, named_by: Origin) -> Iterator[str]:
    start = profile.redis.start
    if start and named_by != "nowhere":
        yield (
            f"[queue] redis_url: {named_by} names a server, and [redis] start starts another one "
            f"here. Leave redis_url out, or write start = false."
        )
    if not start and named_by == "nowhere":
        yield "[queue] redis_url: is missing; [redis] start = false uses that server."


def _of_the_network(profile: Profile) -> Iterator[str]:
    site, redis, queue = profile.site, profile.redis, profile.queue
    has_certificate = redis.certificate_file is not None and redis.key_file is not None
    tls = has_certificate if redis.start else queue.redis_url.startswith("rediss://")
    if site.network == "tls" and not tls:
        yield (
            "[redis] certificate_file: network tls needs it and key_file."
            if redis.start
            else "[queue] redis_url: network tls needs one that begins with rediss://."
        )
    if site.network != "tls" and (redis.certificate_file or redis.key_file):
        yield '[redis] certificate_file: is of use with [site] network = "tls" only.'
    if site.network == "ssh-tunnel" and queue.redis_url.startswith("rediss://"):
        yield "[queue] redis_url: TLS does not go through a tunnel. Begin it with redis://."
    if (site.network == "ssh-tunnel") != (site.tunnel is not None):
        yield (
            '[site] tunnel: belongs to network = "ssh-tunnel", which needs it as HOST or USER@HOST.'
        )


def _of_globus_compute(profile: Profile) -> Iterator[str]:
    given = profile.globus_compute
    if profile.site.scheduler != "globus-compute":
        if given.model_fields_set:
            yield '[globus_compute]: is of use with [site] scheduler = "globus-compute" only.'
        return
    if given.endpoint is None:
        yield "[globus_compute] endpoint: is missing. Give the UUID of the endpoint."
    if profile.site.submit == "parsl":
        yield "[site] submit: Parsl is not used with globus-compute. Leave it out."
    if profile.batch.proxy and urlsplit(profile.batch.proxy).password:
        yield (
            "[batch] proxy: holds a password, and job scripts go through Globus' servers. Export "
            "the proxy in a file at the endpoint that [batch] setup sources."
        )
    stores = profile.stores
    if given.folder and "file" in stores.chosen and stores.directory is None:
        yield (
            "[stores] directory: the store file needs a folder that steering and blocks both see. "
            "Choose redis, endpoint or globus."
        )
    yield from _of_what_endpoints_ask_for(profile)


def _of_what_endpoints_ask_for(profile: Profile) -> Iterator[str]:
    for name in ("account", "queue", "qos", "constraint", "options", "nodes"):
        if any(getattr(profile.service(topic), name) not in _UNASKED for topic in profile.topics):
            yield (
                f"[batch] {name}: the endpoint asks for nodes itself, and a block is on one. Leave "
                f"it out, or give it to the endpoint by [globus_compute] config."
            )


def _of_a_service(profile: Profile, topic: Topic) -> Iterator[str]:
    service, table = profile.service(topic), SERVICES[topic]
    if service.min_blocks > service.max_blocks:
        yield (
            f"[{table}] min_blocks: is {service.min_blocks}, and max_blocks {service.max_blocks}. "
            f"Raise max_blocks."
        )
    if not service.max_blocks or profile.site.scheduler == "none":
        return
    if service.walltime is None:
        yield f"[{table}] walltime: is missing. Give it here or in [batch], as HH:MM:SS."
        return
    time_s = duration_s(service.walltime)
    if time_s <= service.expected_task_s + MARGIN_S:
        yield (
            f"[{table}] walltime: {service.walltime} is too short for a task of "
            f"{service.expected_task_s:g} s (expected_task_s) and {MARGIN_S:g} s to hand back. "
            f"Give a longer one."
        )
