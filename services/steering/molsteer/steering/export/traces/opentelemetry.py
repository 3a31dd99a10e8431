"""Traces for a collector of OpenTelemetry, over OTLP and HTTP.

All attempts at a piece of work are one trace, whose id follows from the campaign and the work: sent
twice, it is the same. Headers, certificates and time limits are taken from `OTEL_EXPORTER_OTLP_*`,
as OpenTelemetry defines them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit, urlunsplit

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.server_url import web_address
from molsteer.steering.errors import OpenTelemetryUnavailable
from molsteer.steering.export.traces.spans import Span, spans
from molsteer.steering.records.traces.paths import TaskPath

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, Status

AT_ONCE = 512
"""Spans in one message, as OpenTelemetry has it."""


class Collector:
    """Takes the spans of one campaign.

    Args:
        url: Where it listens, as http://localhost:4318.
        campaign: Id of the campaign.

    Raises:
        OpenTelemetryUnavailable: If the packages are not installed.
    """

    def __init__(self, url: str, campaign: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
        except ImportError:
            raise OpenTelemetryUnavailable from None
        self._url, self._campaign = url, campaign
        self._exporter = OTLPSpanExporter(endpoint=_endpoint(url))
        self._resource = Resource.create(
            {
                "service.name": "molsteer",
                "service.version": version("molsteer-steering"),
                "molsteer.campaign": campaign,
            }
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(_silence())
        self._stack.callback(self._exporter.shutdown)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, paths: Iterable[TaskPath]) -> int:
        """Send tasks on, and tell how many there were.

        Raises:
            ServiceUnavailable: If the collector does not take them.
        """
        from opentelemetry.sdk.trace.export import SpanExportResult

        tasks = 0

        def made() -> Iterator[ReadableSpan]:
            nonlocal tasks
            for path in paths:
                tasks += 1
                yield from self._spans(path)

        ready = made()
        while batch := list(islice(ready, AT_ONCE)):
            if self._exporter.export(batch) is not SpanExportResult.SUCCESS:
                raise ServiceUnavailable(
                    "The collector",
                    web_address(self._url),
                    "it did not take the traces",
                    "Check that it listens for OTLP over HTTP there, usually at port 4318.",
                )
        return tasks

    def _spans(self, path: TaskPath) -> Iterator[ReadableSpan]:
        from opentelemetry.trace import Status, StatusCode

        parts = list(spans(path))
        end = max([path.created_at, *(part.end for part in parts)])
        good = path.status in {None, "ok"}
        status = Status() if good else Status(StatusCode.ERROR, path.reason or path.status)
        whole = Span(path.task_id, path.created_at, end)
        root = self._context(path, "")
        yield self._span(whole, root, None, _facts(path), status)
        above = [root]
        for place, part in enumerate(parts):
            context = self._context(path, str(place))
            del above[part.depth + 1 :]
            yield self._span(part, context, above[-1], {}, Status())
            above.append(context)

    def _span(
        self,
        span: Span,
        context: SpanContext,
        parent: SpanContext | None,
        facts: dict[str, str | float],
        status: Status,
    ) -> ReadableSpan:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        return ReadableSpan(
            span.name,
            context=context,
            parent=parent,
            resource=self._resource,
            attributes=facts,
            status=status,
            start_time=_nanoseconds(span.begin),
            end_time=_nanoseconds(span.end),
            instrumentation_scope=InstrumentationScope("molsteer"),
        )

    def _context(self, path: TaskPath, part: str) -> SpanContext:
        from opentelemetry.trace import SpanContext, TraceFlags

        trace = _number(f"{self._campaign} {path.subject}", 16)
        span = _number(f"{self._campaign} {path.task_id} {part}", 8)
        flags = TraceFlags(TraceFlags.SAMPLED)
        return SpanContext(trace, span, is_remote=False, trace_flags=flags)


def _facts(path: TaskPath) -> dict[str, str | float]:
    facts = {
        "molsteer.task_id": path.task_id,
        "molsteer.topic": path.topic,
        "molsteer.status": path.status or path.state,
        "molsteer.smiles": path.smiles,
        "molsteer.worker": path.worker,
        "molsteer.starts": path.starts,
        "molsteer.cpu_s": path.cpu_s,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts if parts.path.strip("/") else parts._replace(path="/v1/traces"))


def _number(name: str, size_bytes: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:size_bytes])


def _nanoseconds(at: float) -> int:
    return round(at * 1e9)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporter from logging what is reported here, once."""
    logger = logging.getLogger("opentelemetry")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
