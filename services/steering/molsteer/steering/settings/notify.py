"""Who is told when a campaign ends or needs somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, PositiveInt
from pydantic_settings import NoDecode

from molsteer.shared.host.files.private_files import read_private
from molsteer.shared.settings.sections import Section
from molsteer.steering.settings.kinds import Words, listed

EventName = Literal["ended", "failing", "no-workers", "held-up", "recovered", "test"]
"""What somebody may be told of; `test` is for trying it out."""

_TOLD: tuple[EventName, ...] = ("ended", "failing", "no-workers", "held-up", "recovered")

SECRET = ("url",)
"""Settings of [notify] that are written nowhere: whoever knows such an address may write to it."""


def check_url(url: str) -> str:
    """Check an address that notices are sent to.

    Raises:
        ValueError: If it cannot be one; the message is the end of a sentence, without the address.
    """
    try:
        parts = urlsplit(url)
        complete = bool(parts.scheme) and "://" in url and bool(parts.netloc or parts.path)
    except ValueError:
        complete = False
    if not complete or not url.isprintable() or " " in url:
        raise ValueError("is no address; write https://HOST/PATH, or one that Apprise knows")
    return url


class NotifySection(Section):
    """Who is told when the campaign ends or needs somebody."""

    command: Words = Field(
        default=(),
        description="Program that is run, and its arguments; it gets the facts as JSON on its "
        "standard input.",
    )
    url: Annotated[str, AfterValidator(check_url)] | None = Field(
        default=None,
        repr=False,
        description="Address that the facts are sent to as JSON; one that does not begin with "
        "http is a channel of Apprise, as mailto:// (molsteer-steering[notify]). It is kept "
        "nowhere: name a url_file for a campaign that is to go on.",
    )
    url_file: Path | None = Field(
        default=None,
        description="File of mode 600 that holds such addresses, one a line.",
    )
    on: Annotated[tuple[EventName, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=_TOLD,
        description="What is told: ended, failing (its simulations, or steering itself), "
        "no-workers, held-up (server, store or disk takes no part), recovered from these.",
    )
    after_min: PositiveFloat = Field(
        default=10.0,
        description="Minutes that a campaign is without workers, or held up, before it is told.",
    )
    time_limit_s: PositiveFloat = Field(
        default=30.0, description="Seconds after which an attempt to tell is given up."
    )
    tries: PositiveInt = Field(default=3, description="Attempts to tell.")

    def urls(self) -> tuple[str, ...]:
        """Give all addresses.

        Raises:
            UnusableFile: If the file of addresses cannot be read, or others may read it.
            ValueError: If a line of it is no address; the message does not hold it.
        """
        given = () if self.url is None else (self.url,)
        if self.url_file is None:
            return given
        lines = map(str.strip, read_private(self.url_file).splitlines())
        return (*given, *(check_url(line) for line in lines if line and line[0] != "#"))

    @property
    def is_wanted(self) -> bool:
        """Whether anybody is told."""
        return bool(self.command or self.url or self.url_file)
