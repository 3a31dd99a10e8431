"""Celery over kombu and Redis, set up so that it loses nothing it could keep.

Why each setting is as it is: queues are doorbells and the record in Redis is the truth, so
late acknowledgement, redelivery of what a lost process held, and no result backend; JSON alone,
so no pickle; the default exchange, because publishing through a named one drops messages silently
once its binding is lost; no remote control, events or gossip, which leave keys behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from uuid import uuid4

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import kombu_url
from molsteer.shared.wire.topics import Topic


def task_name(topic: Topic) -> str:
    """Name the one Celery task of a topic."""
    return f"molsteer.{topic}"


def celery_message(name: str, message_ids: Sequence[str], queue: str, texts: Sequence[str]) -> str:
    """Write a task of Celery as it and kombu would put it into a list of Redis.

    Their own way to a list costs a hundred times as much, and sends messages one by one. What
    workers do not read is left out.

    Args:
        name: Of the Celery task.
        message_ids: Of our tasks in the message; no id has a space.
        queue: The list.
        texts: The arguments: our tasks.
    """
    return json.dumps(
        {
            "body": json.dumps([texts, {}, {}]),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": name, "id": " ".join(message_ids)},
            "properties": {
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue},
                "delivery_tag": uuid4().hex,
            },
        }
    )


def settings(queue: QueueSettings, names: Sequence[str]) -> dict[str, object]:
    """Give the settings that publishers and workers share, for the queues of these names."""
    return {
        "broker_url": kombu_url(queue.server_url),
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": 0,
        "broker_transport_options": transport_settings(),
        "task_queues": {name: {"no_declare": True} for name in names},
        "task_default_queue": names[0],
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "event_serializer": "json",
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_track_started": False,
        "task_send_sent_event": False,
    }


def transport_settings() -> dict[str, object]:
    """Give what kombu's Redis transport is set to in every process."""
    return {
        "priority_steps": [0],
        "queue_order_strategy": "priority",
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }


def message_ids(messages: Sequence[bytes]) -> Iterator[str]:
    """Name the tasks of messages as kombu keeps them in Redis; what is none is passed over."""
    for text in messages:
        try:
            document = json.loads(text)
            # Held messages are stored together with the exchange they came from.
            message = document[0] if isinstance(document, list) else document
            found = message["headers"]["id"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue
        if isinstance(found, str):
            yield from found.split()
