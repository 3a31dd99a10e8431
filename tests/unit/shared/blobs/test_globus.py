"""Data that takes its time between two sites, and descriptions of sites that cannot be used."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from globus_sdk import DeleteData, NetworkError, TransferData
from support.globus_service import ALPHA, BETA, LocalTransfers, TwoSites, two_sites

from molsteer.shared.blobs.globus_connector import log_in
from molsteer.shared.blobs.globus_sites import read_sites
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.errors import BlobMissing, ServiceUnavailable, SettingsError
from molsteer.shared.wire.blob import ObjRef, Placement

pytestmark = pytest.mark.fast

SITE = {"host_regex": "node-.*", "endpoint_path": "/blobs", "local_path": "/tmp/blobs"}  # noqa: S108


@pytest.fixture
def sites(tmp_path: Path) -> TwoSites:
    return two_sites(tmp_path)


def blobs_at(sites: TwoSites, host: str, wait_s: float = 240.0) -> ProxiedBlobs:
    return ProxiedBlobs({"globus": sites.connector(host, wait_s)})


def put_at_alpha(sites: TwoSites, data: bytes = b"under way") -> ObjRef:
    place = Placement(store="globus", threshold_bytes=0)
    blob = blobs_at(sites, "alpha").put(data, "raw", place)
    assert isinstance(blob, ObjRef)
    return blob


def test_a_reader_waits_until_its_data_has_arrived(sites: TwoSites) -> None:
    sites.service.held = True
    ref = put_at_alpha(sites)
    beta = blobs_at(sites, "beta")
    assert not beta.exists(ref)
    courier = threading.Timer(0.1, sites.service.deliver)
    courier.start()
    assert beta.raw(ref) == b"under way"
    courier.join()


@pytest.mark.parametrize("part", [b"under", b"under\0\0\0\0"])
def test_a_file_that_has_arrived_in_part_is_not_read(
    sites: TwoSites, tmp_path: Path, part: bytes
) -> None:
    sites.service.held = True
    ref = put_at_alpha(sites)
    (tmp_path / "beta" / "project" / "blobs" / ref.key).write_bytes(part)
    courier = threading.Timer(0.1, sites.service.deliver)
    courier.start()
    assert blobs_at(sites, "beta").raw(ref) == b"under way"
    courier.join()


def test_data_that_never_arrives_is_missing_once_the_time_is_over(sites: TwoSites) -> None:
    sites.service.held = True
    ref = put_at_alpha(sites)
    with pytest.raises(BlobMissing, match=ref.sha256):
        blobs_at(sites, "beta", wait_s=0.05).raw(ref)


def test_what_is_evicted_together_is_one_deletion(
    sites: TwoSites, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()
    delete = sites.service.submit_delete

    def noted(data: DeleteData) -> None:
        asked.append(len(data["DATA"]))
        delete(data)

    monkeypatch.setattr(sites.service, "submit_delete", noted)
    refs = [put_at_alpha(sites, text) for text in (b"one", b"two", b"three")]
    blobs_at(sites, "alpha").evict(refs)
    assert asked == [3]
    assert not any(blobs_at(sites, "beta").exists(ref) for ref in refs)


def test_no_folder_and_no_foreign_file_is_ever_deleted(sites: TwoSites, tmp_path: Path) -> None:
    ref = put_at_alpha(sites)
    folders = [tmp_path / host / "project" / "blobs" for host in ("alpha", "beta")]
    for folder in folders:
        (folder / "common-notes.txt").write_text("not ours")
    alpha = blobs_at(sites, "alpha")
    alpha.close()
    assert all((folder / ref.key).exists() for folder in folders)
    alpha.clear(ref.namespace)
    assert [[file.name for file in folder.iterdir()] for folder in folders] == [
        ["common-notes.txt"]
    ] * 2


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        ("{", "JSON"),
        ("[]", "must be a table"),
        ("{}", "fewer than two collections"),
        (json.dumps({"here": SITE, BETA: SITE}), "valid UUID"),
        (json.dumps({ALPHA: SITE | {"host_regex": "("}, BETA: SITE}), "not a regular expression"),
        (json.dumps({ALPHA: {}, BETA: SITE}), r"\[" + ALPHA + r"\] local_path: is missing"),
        (json.dumps({ALPHA: SITE, BETA: SITE}), f"Several host_regex match .*: those of {ALPHA}"),
        (json.dumps({ALPHA: SITE | {"host_regex": "node"}}), "No host_regex matches this host"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused_with_its_problem(
    tmp_path: Path, described: str, problem: str
) -> None:
    file = tmp_path / "globus_config.json"
    file.write_text(described)
    with pytest.raises(SettingsError, match=problem):
        read_sites(file, "node-7")


def test_all_problems_of_a_description_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "globus_config.json"
    file.write_text(json.dumps({ALPHA: SITE}))
    with pytest.raises(SettingsError) as refused:
        read_sites(file, "elsewhere")
    assert len(refused.value.problems) == 2


def test_a_missing_description_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.json.*\n.*No such file"):
        read_sites(tmp_path / "nowhere.json", "node-7")


def test_nobody_is_asked_to_log_in(
    sites: TwoSites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSTORE_HOME", str(tmp_path / "no-login"))
    with pytest.raises(ServiceUnavailable, match="proxystore-globus-auth login"):
        log_in(read_sites(sites.config, "alpha"))


def test_a_service_that_does_not_answer_is_named_with_its_reason(sites: TwoSites) -> None:
    class Offline(LocalTransfers):
        def submit_transfer(self, data: TransferData) -> None:
            raise NetworkError(f"No line to {data['destination_endpoint']}.", OSError())

    sites.service = Offline({})
    with pytest.raises(ServiceUnavailable, match=f"Globus Transfer at .*: No line to {BETA}"):
        put_at_alpha(sites)
