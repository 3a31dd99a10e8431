"""Ways to tell somebody, each bounded in time; none says more of an address than its host."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.server_url import web_address
from molsteer.steering.errors import NotDelivered
from molsteer.steering.notify.notice import Notice
from molsteer.steering.settings.notify import NotifySection

_MOST_SAID = 200


class Sender(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """What people call it; no secret."""
        ...

    def send(self, notice: Notice) -> None:
        """Tell it once.

        Raises:
            NotDelivered: If that did not work.
        """
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """A program that gets the facts on its standard input."""

    words: tuple[str, ...]
    time_limit_s: float

    @property
    def name(self) -> str:
        """The program; its arguments may be secret."""
        return self.words[0]

    def send(self, notice: Notice) -> None:
        """Run it; see `Sender.send`."""
        try:
            process = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name cannot be used"
            raise NotDelivered(self.name, f"it cannot be run ({reason})") from None
        facts = json.dumps(notice.as_json()).encode()
        try:
            _, said = process.communicate(facts, self.time_limit_s)
        except subprocess.TimeoutExpired:
            _end(process)
            reason = f"it did not end within {self.time_limit_s:g} s"
            raise NotDelivered(self.name, reason) from None
        if process.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            detail = f": {last[0][:_MOST_SAID]}" if last else ""
            raise NotDelivered(self.name, f"it ended with status {process.returncode}{detail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@dataclass(frozen=True, slots=True)
class Web:
    """A web server that takes the facts as JSON."""

    url: str
    time_limit_s: float

    @property
    def name(self) -> str:
        """The server; what follows in the address may be secret."""
        return web_address(self.url)

    def send(self, notice: Notice) -> None:
        """Post it; see `Sender.send`."""
        import requests

        try:
            answer = requests.post(self.url, json=notice.as_json(), timeout=self.time_limit_s)
        except requests.Timeout:
            reason = f"it did not answer within {self.time_limit_s:g} s"
            raise NotDelivered(self.name, reason) from None
        except (requests.RequestException, ValueError):  # whose text holds the address
            raise NotDelivered(self.name, "there is no connection") from None
        if not answer.ok:
            raise NotDelivered(self.name, f"it answered with status {answer.status_code}")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of Apprise, as mail or a chat."""

    url: str

    @property
    def name(self) -> str:
        """The kind of channel."""
        return f"{self.url.partition(':')[0]}://"

    def send(self, notice: Notice) -> None:
        """Hand it to Apprise; see `Sender.send`."""
        import apprise

        channels = apprise.Apprise()
        channels.add(self.url)
        title = f"molsteer: {notice.facts.get('campaign', '')} {notice.event}"
        if not channels.notify(body=notice.text, title=title):
            raise NotDelivered(self.name, "Apprise could not send it")


def senders(settings: NotifySection) -> list[Sender]:
    """Give all ways that somebody asked for.

    Raises:
        SettingsError: If an address cannot be used.
        UnusableFile: If the file of addresses cannot be read, or others may read it.
    """
    ways: list[Sender] = []
    if settings.command:
        ways.append(Command(settings.command, settings.time_limit_s))
    try:
        urls = settings.urls()
    except ValueError as error:
        raise SettingsError(f"{settings.url_file}", [f"A line {error}."]) from None
    for url in urls:
        if url.startswith(("http://", "https://")):
            ways.append(Web(url, settings.time_limit_s))
        else:
            ways.append(_channel(url))
    return ways


def _channel(url: str) -> Channel:
    channel = Channel(url)
    if problem := next(_problems(channel), None):
        raise SettingsError("[notify]", [problem])
    return channel


def _problems(channel: Channel) -> Iterator[str]:
    try:
        import apprise
    except ImportError:
        yield (
            f"{channel.name} needs the package apprise, which is not installed here. Install it "
            f"with: pip install 'molsteer-steering[notify]'"
        )
        return
    if not apprise.Apprise().add(channel.url):
        yield (
            f"Apprise cannot use the address that begins with {channel.name}. Write it as "
            f"https://github.com/caronc/apprise shows."
        )
