"""`molsteer trace`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.settings.server_url import web_address
from molsteer.shared.wording import counted


def _check_url(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    if url is not None and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        raise click.BadParameter("write http://HOST:PORT of a collector.")
    return url


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.argument("task", metavar="[TASK]", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write as a Chrome trace, which https://ui.perfetto.dev opens.",
)
@click.option(
    "--otlp",
    metavar="URL",
    callback=_check_url,
    help="Collector of OpenTelemetry to send traces to, as http://localhost:4318; needs "
    "molsteer-steering[opentelemetry].",
)
@as_json
def trace(
    run_dir: Path, task: str | None, output: Path | None, otlp: str | None, *, as_json: bool
) -> None:
    """Show the path of a TASK of the campaign in RUN_DIR, or write the paths of all tasks.

    TASK is the id of a task, as simulate/7/xtb/1, the beginning of one, as train/3/0, or the number
    or SMILES of a molecule; all attempts are shown, and where the time went within each. Without
    TASK, --output and --otlp take the whole campaign, with a lane for each worker process.

    \b
    Examples:
      molsteer trace runs/quickstart 7
      molsteer trace runs/quickstart "N#CCC1OC1CO"
      molsteer trace runs/quickstart --output trace.json
      molsteer trace runs/quickstart --otlp http://localhost:4318
    """
    from molsteer.steering.export.traces.tracing import send_traces, write_trace

    if task is None and output is None and otlp is None:
        raise click.UsageError("Name a TASK, or write all of them with --output FILE.")
    done: dict[str, object] = {}
    if output is not None:
        done |= {"file": str(output), "tasks": write_trace(run_dir, output, task)}
    if otlp is not None:
        done["sent"] = send_traces(run_dir, otlp, task)
    if done:
        say(json.dumps(done) if as_json else "\n".join(_told(done, otlp)))
    elif task is not None:
        _show(run_dir, task, as_json=as_json)


def _told(done: Mapping[str, object], otlp: str | None) -> Iterator[str]:
    match done:
        case {"file": str(file), "tasks": int(tasks)}:
            yield f"{file}  {counted(tasks, 'task')}; open it at https://ui.perfetto.dev"
    match done:
        case {"sent": int(sent)}:
            yield f"{counted(sent, 'task')} sent to {web_address(otlp or '')}"


def _show(run_dir: Path, task: str, *, as_json: bool) -> None:
    from molsteer.steering.export.traces.timeline import timeline
    from molsteer.steering.export.traces.tracing import attempts

    found = attempts(run_dir, task)
    if as_json:
        from pydantic_core import to_jsonable_python

        say(json.dumps(to_jsonable_python([asdict(path) for path in found])))
    else:
        say("\n\n".join("\n".join(timeline(path)) for path in found))
