"""Files at the server: any order, any cut, any kill; no agency learns of another's; the disk and the limits hold."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkdesk.data.blobs import blob_path
from clerkdesk.server.app import create_app
from clerkdesk.server.blob_store import (
    BlobStore,
    FilesAway,
    FilesPlaceWrong,
    FolderBlobs,
    S3Blobs,
    open_blob_store,
)
from clerkdesk.server.files import Files, files_router
from clerkdesk.server.hub import Hub
from clerkdesk.server.uploads import Rules, Uploads
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.sync.messages import CHUNK_BYTES, CHUNK_HEADER, COMPLETE_HEADER, LENGTH_HEADER, OFFSET_HEADER

from ..office import rows
from .desks import Remote, bring, join, new_office

MB = 1 << 20


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def some_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture
def rules() -> Rules:
    """Small limits."""
    return Rules(largest=3 * MB, unfinished=5 * MB, unfinished_files=4, reserve=0)


@pytest.fixture
def blobs(hub: Hub) -> BlobStore:
    """The folder of files."""
    return FolderBlobs(hub.store.blob_folder)


@pytest.fixture
def files(hub: Hub, server_folder: Path, rules: Rules, blobs: BlobStore) -> Files:
    """The server's files."""
    return Files(hub, Uploads(server_folder / "uploads", rules), blobs)


@pytest.fixture
def http(hub: Hub, files: Files) -> Iterator[TestClient]:
    """The server's HTTP face in this process, with files."""
    app = create_app(hub, files_router(files))
    with TestClient(app, base_url="https://server.test", raise_server_exceptions=False) as client:
        yield client


def head(remote: Remote, name: str) -> tuple[int, bool]:
    answer = remote.http.head(f"/v1/files/{name}", headers=remote.headers)
    assert answer.status_code == 200
    return int(answer.headers[OFFSET_HEADER]), answer.headers[COMPLETE_HEADER] == "?1"


def patch(
    remote: Remote, name: str, length: int, offset: int, chunk: bytes, chunk_hash: str | None = None
) -> httpx.Response:
    headers = remote.headers | {
        OFFSET_HEADER: str(offset), LENGTH_HEADER: str(length), CHUNK_HEADER: chunk_hash or sha(chunk),
    }  # fmt: skip
    return remote.http.patch(f"/v1/files/{name}", content=chunk, headers=headers)


def get(remote: Remote, name: str, asked: str = "") -> httpx.Response:
    return remote.http.get(f"/v1/files/{name}", headers=remote.headers | ({"range": asked} if asked else {}))


def send(remote: Remote, content: bytes, step: int = CHUNK_BYTES) -> None:
    """Bring a file from where the server has it, as a desk does."""
    name = sha(content)
    offset, complete = head(remote, name)
    while not complete:
        answer = patch(remote, name, len(content), offset, content[offset : offset + step])
        assert answer.status_code == 200, answer.text
        offset, complete = int(answer.headers[OFFSET_HEADER]), answer.headers[COMPLETE_HEADER] == "?1"


def trouble(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert said["sentence"]
    return answer.status_code, said["trouble"]


def parts(files: Files) -> list[Path]:
    return list(files.uploads.folder.glob("*/*"))


def test_a_file_comes_up_in_chunks_and_goes_down_whole_and_in_ranges(remote: Remote, files: Files, hub: Hub) -> None:
    content = some_bytes(2 * MB + 17)
    name = sha(content)
    assert head(remote, name) == (0, False)
    assert patch(remote, name, len(content), 0, content[:MB]).headers[COMPLETE_HEADER] == "?0"
    assert head(remote, name) == (MB, False)
    send(remote, content)
    assert head(remote, name) == (len(content), True)
    assert parts(files) == []
    whole = get(remote, name)
    assert (whole.status_code, sha(whole.content)) == (200, name)
    for asked, wanted in (
        ("bytes=0-0", content[:1]), ("bytes=5-", content[5:]), ("bytes=-7", content[-7:]),
        ("bytes=1048570-1048580", content[1048570:1048581]), (f"bytes=9-{10 * MB}", content[9:]),
    ):  # fmt: skip
        part = get(remote, name, asked)
        assert (part.status_code, part.content) == (206, wanted)
        assert part.headers["content-range"].endswith(f"/{len(content)}")
    assert get(remote, name, f"bytes={len(content)}-").status_code == 416
    assert get(remote, name, "bytes=9-5").status_code == 416
    assert get(remote, name, "bytes=1-2,5-6").content == content
    assert "clerkdesk_file_bytes_total" in hub.figures.text().decode()


def test_the_same_file_again_costs_one_question(remote: Remote, desk: Desk, hub: Hub) -> None:
    content = some_bytes(100)
    send(remote, content)
    other = join(hub, remote.http, remote.agency)
    assert head(other, sha(content)) == (100, True)
    assert get(other, sha(content)).content == content


def test_doubled_and_reordered_chunks_change_nothing(remote: Remote) -> None:
    content = some_bytes(3000)
    name, size = sha(content), len(content)
    assert trouble(patch(remote, name, size, 1000, content[1000:2000])) == (409, "offset")  # it came too early
    assert patch(remote, name, size, 0, content[:1000]).status_code == 200
    assert trouble(patch(remote, name, size, 0, content[:1000])) == (409, "offset")  # it came twice
    assert trouble(patch(remote, name, size, 2000, content[2000:])) == (409, "offset")
    assert head(remote, name) == (1000, False)
    assert patch(remote, name, size, 1000, content[1000:2000]).status_code == 200
    assert patch(remote, name, size, 2000, content[2000:]).headers[COMPLETE_HEADER] == "?1"
    late = patch(remote, name, size, 2000, content[2000:])  # the last one once more, and an early one
    assert (late.status_code, late.headers[COMPLETE_HEADER]) == (200, "?1")
    assert patch(remote, name, size, 0, content[:1000]).headers[COMPLETE_HEADER] == "?1"
    assert get(remote, name).content == content


def test_a_chunk_that_is_not_what_was_sent_is_not_taken(remote: Remote) -> None:
    content = some_bytes(3000)
    name = sha(content)
    patch(remote, name, 3000, 0, content[:1000])
    wrong = content[1000:1999] + bytes([content[1999] ^ 1])
    assert trouble(patch(remote, name, 3000, 1000, wrong, sha(content[1000:2000]))) == (422, "chunk")
    assert head(remote, name) == (1000, False)
    send(remote, content)
    assert get(remote, name).content == content


def test_a_whole_that_is_not_what_its_name_says_is_thrown_away(remote: Remote, files: Files) -> None:
    content = some_bytes(3000)
    name = sha(content)
    patch(remote, name, 3000, 0, content[:2000])
    assert trouble(patch(remote, name, 3000, 2000, b"x" * 1000)) == (422, "hash")
    assert (head(remote, name), parts(files)) == ((0, False), [])
    assert trouble(get(remote, name)) == (404, "absent")
    send(remote, content)
    assert get(remote, name).content == content


def test_what_is_no_proper_request_is_turned_down(remote: Remote, files: Files) -> None:
    name = sha(b"abc")
    assert trouble(patch(remote, name, 2, 0, b"abc")) == (400, "bad")  # more than the length
    assert trouble(patch(remote, "abc", 3, 0, b"abc")) == (400, "bad")
    assert trouble(patch(remote, "..%2f..%2fclerkdesk.db", 3, 0, b"abc"))[0] in (400, 404)
    assert trouble(patch(remote, name.upper(), 3, 0, b"abc")) == (400, "bad")
    assert trouble(patch(remote, name, 3, -1, b"abc")) == (400, "bad")
    answer = remote.http.patch(f"/v1/files/{name}", content=b"abc", headers=remote.headers)
    assert trouble(answer) == (400, "bad")
    large = bytes(CHUNK_BYTES + 1)
    assert trouble(patch(remote, sha(large), len(large), 0, large)) == (413, "bad")
    stranger = remote.http.get(f"/v1/files/{name}")
    assert trouble(stranger) == (401, "token")
    assert remote.http.head(f"/v1/files/{name}").headers["clerkdesk-trouble"] == "token"
    assert parts(files) == []


def test_a_file_of_no_bytes(remote: Remote) -> None:
    name = sha(b"")
    assert patch(remote, name, 0, 0, b"").headers[COMPLETE_HEADER] == "?1"
    assert (get(remote, name).status_code, get(remote, name).content) == (200, b"")
    assert get(remote, name, "bytes=0-").status_code == 416


def test_a_file_above_the_limit_is_refused_before_its_first_byte(remote: Remote, files: Files) -> None:
    size = files.uploads.rules.largest
    name = "a" * 64
    assert trouble(patch(remote, name, size + 1, 0, b"x")) == (413, "large")
    assert parts(files) == []
    assert patch(remote, name, size, 0, b"x").status_code == 200


def test_the_limit_is_100_megabytes_unless_the_administrator_says_otherwise() -> None:
    assert Rules().largest == 100 * MB


def test_another_agency_cannot_read_a_file_nor_learn_that_it_is_here(
    hub: Hub, remote: Remote, files: Files, tmp_path: Path
) -> None:
    content, unknown = some_bytes(5000), some_bytes(5000, seed=2)
    send(remote, content)
    other_desk = new_office(tmp_path, 2)
    other = bring(hub, remote.http, other_desk)
    for asked in ("", "bytes=0-10"):
        known, absent = get(other, sha(content), asked), get(other, sha(unknown), asked)
        assert trouble(known) == trouble(absent) == (404, "absent")
        assert known.content == absent.content
    assert head(other, sha(content)) == head(other, sha(unknown)) == (0, False)
    # Naming its hash and its length proves nothing; every byte must come.
    for tail in (b"", content[-1:]):
        answer = patch(other, sha(content), 5000, 5000 - len(tail), tail)
        assert trouble(answer) == (409, "offset")
    assert patch(other, sha(content), 5000, 0, b"y" * 4999).headers[COMPLETE_HEADER] == "?0"
    assert trouble(patch(other, sha(content), 5000, 4999, content[4999:])) == (422, "hash")
    assert trouble(get(other, sha(content))) == (404, "absent")
    # A half-done upload of one agency is not continued by another.
    send_half = some_bytes(4000, seed=3)
    patch(remote, sha(send_half), 4000, 0, send_half[:2000])
    assert head(other, sha(send_half)) == (0, False)
    send(other, content)
    assert get(other, sha(content)).content == content
    assert len(list(hub.store.blob_folder.glob("??/??/*"))) == 1
    other_desk.close()


def test_too_many_unfinished_files_wait_their_turn(remote: Remote, hub: Hub, files: Files, tmp_path: Path) -> None:
    contents = [some_bytes(2 * MB, seed) for seed in range(3)]
    for content in contents[:2]:
        patch(remote, sha(content), len(content), 0, content[:10])
    assert trouble(patch(remote, sha(contents[2]), 2 * MB, 0, contents[2][:10])) == (429, "quota")  # 6 MB of 5
    small = [some_bytes(20, seed) for seed in range(10, 14)]
    assert [patch(remote, sha(one), 20, 0, one[:10]).status_code for one in small] == [200, 200, 429, 429]
    other_desk = new_office(tmp_path, 3)
    other = bring(hub, remote.http, other_desk)
    assert patch(other, sha(small[3]), 20, 0, small[3][:10]).status_code == 200  # each agency has its own
    other_desk.close()
    send(remote, contents[0])
    assert patch(remote, sha(small[2]), 20, 0, small[2][:10]).status_code == 200


def test_what_nobody_goes_on_with_is_thrown_away(remote: Remote, files: Files) -> None:
    old, young = some_bytes(3000, 1), some_bytes(3000, 2)
    for content in (old, young):
        patch(remote, sha(content), 3000, 0, content[:1000])
    (path,) = [path for path in parts(files) if path.name.startswith(sha(old))]
    before = path.stat().st_mtime - files.uploads.rules.abandoned_after - 60
    os.utime(path, (before, before))
    assert files.uploads.sweep() == 1
    assert head(remote, sha(old)) == (0, False)
    assert head(remote, sha(young)) == (1000, False)


def test_a_full_disk_takes_nothing_and_leaves_what_was_there(remote: Remote, files: Files) -> None:
    content = some_bytes(2 * MB)
    name = sha(content)
    patch(remote, name, len(content), 0, content[:MB])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MB + MB // 2, hard))
    try:
        full = patch(remote, name, len(content), MB, content[MB:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert trouble(full) == (507, "full")
    assert head(remote, name) == (MB, False)
    send(remote, content)
    assert get(remote, name).content == content


def test_a_disk_that_is_nearly_full_is_kept_for_numbers(remote: Remote, files: Files) -> None:
    files.uploads.rules = replace(files.uploads.rules, reserve=1 << 60)
    assert trouble(patch(remote, sha(b"ab"), 2, 0, b"a")) == (507, "full")
    assert parts(files) == []


def test_a_file_lost_with_the_servers_disk_can_be_brought_again(remote: Remote, hub: Hub) -> None:
    content = some_bytes(3000)
    send(remote, content)
    blob_path(hub.store.blob_folder, sha(content)).unlink()
    assert head(remote, sha(content)) == (0, False)
    assert trouble(get(remote, sha(content))) == (404, "absent")
    send(remote, content)
    assert get(remote, sha(content)).content == content


def test_a_damaged_file_in_the_folder_gives_way_to_the_right_bytes(
    remote: Remote, hub: Hub, files: Files, tmp_path: Path
) -> None:
    content = some_bytes(3000)
    send(remote, content)
    path = blob_path(hub.store.blob_folder, sha(content))
    path.write_bytes(b"z" * 3000)
    other_desk = new_office(tmp_path, 4)
    other = bring(hub, remote.http, other_desk)
    send(other, content)
    assert get(remote, sha(content)).content == content
    other_desk.close()


# --- crashes ---------------------------------------------------------------------------------------------------


STEPS = (
    "clerkdesk.server.uploads.hash_of",
    "clerkdesk.server.uploads.Path.replace",
    "clerkdesk.server.blob_store.keep_whole",
    "clerkdesk.server.files._keep",
    "clerkdesk.server.uploads.Uploads.forget",
)


def gone(*_: Any, **__: Any) -> Any:
    """Stand for the moment at which the server is killed."""
    raise RuntimeError("gone")


def test_killed_between_the_last_chunk_and_its_answer_the_next_request_finishes(
    remote: Remote, files: Files, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, (step, again) in enumerate(itertools.product(STEPS, ("HEAD", "empty PATCH", "last PATCH"))):
        content = some_bytes(3000, seed)
        name = sha(content)
        patch(remote, name, 3000, 0, content[:2000])
        with monkeypatch.context() as broken:
            broken.setattr(step, gone)
            assert patch(remote, name, 3000, 2000, content[2000:]).status_code == 500, step
        assert get(remote, name).status_code == (200 if "forget" in step else 404)
        if again == "empty PATCH":
            assert patch(remote, name, 3000, 3000, b"").headers[COMPLETE_HEADER] == "?1", step
        elif again == "last PATCH":
            answer = patch(remote, name, 3000, 2000, content[2000:])
            assert answer.status_code in (200, 409), step  # 409 tells the desk to ask, and asking finishes it
        assert head(remote, name) == (3000, True), step
        assert get(remote, name).content == content
        assert parts(files) == []
        assert rows(hub.store, "SELECT count(*) FROM stored_file")[0][0] == seed + 1


SERVER = """
import sys
from pathlib import Path
from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.blob_store import open_blob_store
from clerkdesk.server.files import Files, files_router
from clerkdesk.server.hub import Hub
from clerkdesk.server.serve import Place, serve
from clerkdesk.server.uploads import Rules, Uploads
folder = Path(sys.argv[1])
store = open_server_store(folder, sys.argv[2], key=bytes(range(32)))
hub = Hub(store, b"a secret of the tests, long enough")
files = Files(hub, Uploads(folder / "uploads", Rules()), open_blob_store("", store.blob_folder))
serve(hub, Place("127.0.0.1", 0), files_router(files), ready=lambda port: print(port, flush=True))
"""


def start_server(folder: Path, database: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), database], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_server_killed_again_and_again_gets_every_file_whole_or_not_at_all(
    hub: Hub, desk: Desk, database: str, server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(create_app(hub), base_url="https://server.test") as http:
        remote = bring(hub, http, desk)
    monkeypatch.undo()  # the server's process has the machine's clock
    contents = [some_bytes(3 * MB + seed, seed) for seed in range(40)]
    done: set[str] = set()
    for kill in range(4):
        process, port = start_server(server_folder, database)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            remote.http = client
            remote.come()
            killer = threading.Timer(0.2 + kill * 0.13, process.kill)
            killer.start()
            with suppress(httpx.TransportError):
                for content in contents:
                    send(remote, content, 300_000)
                    done.add(sha(content))
            killer.join()
        assert process.wait() == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
        for path in (server_folder / "files").glob("??/??/*"):
            assert sha(path.read_bytes()) == path.name
    process, port = start_server(server_folder, database)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        remote.http = client
        remote.come()
        assert done
        for name in done:
            assert head(remote, name)[1]
        for content in contents[:8]:
            send(remote, content)
            assert get(remote, sha(content)).content == content
    process.terminate()
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()


# --- any history -----------------------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_chunks_come_in_whatever_order_only_the_right_bytes_are_ever_kept(
    remote: Remote, files: Files, hub: Hub, data: st.DataObject
) -> None:
    content = data.draw(st.binary(min_size=0, max_size=64))
    name, size = sha(content), len(content)
    for _ in range(data.draw(st.integers(0, 12))):
        start = data.draw(st.integers(0, size))
        stop = data.draw(st.integers(start, size))
        chunk = content[start:stop]
        if data.draw(st.booleans()) and chunk:
            chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
        answer = patch(remote, name, size, start, chunk)
        assert answer.status_code in (200, 409, 422)
        if data.draw(st.booleans()):
            head(remote, name)
        path = blob_path(hub.store.blob_folder, name)
        assert not path.exists() or path.read_bytes() == content
    for _ in range(2):  # a wrong beginning is found at the end and thrown away
        offset, complete = head(remote, name)
        if not complete:
            last = patch(remote, name, size, offset, content[offset:])
            assert last.status_code in (200, 422)
    assert head(remote, name) == (size, True)
    assert get(remote, name).content == content


# --- S3 --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that speaks S3, with a bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    import boto3

    name = f"tep-{new_id()}"  # the servers of one process share what they keep
    boto3.client("s3").create_bucket(Bucket=name)
    yield name
    server.stop()


def test_files_in_a_bucket(
    hub: Hub, desk: Desk, server_folder: Path, rules: Rules, bucket: str, tmp_path: Path
) -> None:
    import boto3

    blobs = open_blob_store(f"s3://{bucket}/van-thu", hub.store.blob_folder)
    assert isinstance(blobs, S3Blobs)
    files = Files(hub, Uploads(server_folder / "uploads", rules), blobs)
    with TestClient(create_app(hub, files_router(files)), base_url="https://server.test") as http:
        remote = bring(hub, http, desk)
        content = some_bytes(2 * MB + 5)
        name = sha(content)
        patch(remote, name, len(content), 0, content[:MB])
        assert head(remote, name) == (MB, False)
        send(remote, content)
        assert get(remote, name).content == content
        assert get(remote, name, "bytes=7-11").content == content[7:12]
        listed = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        assert [one["Key"] for one in listed] == [f"van-thu/{name[:2]}/{name[2:4]}/{name}"]
        assert parts(files) == []
        assert not hub.store.blob_folder.exists() or not list(hub.store.blob_folder.glob("??/??/*"))
        send(remote, b"")
        assert get(remote, sha(b"")).content == b""
        boto3.client("s3").delete_object(Bucket=bucket, Key=f"van-thu/{name[:2]}/{name[2:4]}/{name}")
        assert head(remote, name) == (0, False)
        send(remote, content)
        assert get(remote, name).content == content


def test_the_bucket_is_told_the_hash_that_it_must_check(bucket: str, tmp_path: Path) -> None:
    import boto3
    from botocore.stub import ANY, Stubber

    whole = tmp_path / "whole"
    whole.write_bytes(b"abc")
    client = boto3.client("s3")
    key = {"Bucket": bucket, "Key": f"tep/{sha(b'abc')[:2]}/{sha(b'abc')[2:4]}/{sha(b'abc')}"}
    with Stubber(client) as stub:
        stub.add_client_error("head_object", http_status_code=404, expected_params=key)
        checksum = base64.b64encode(hashlib.sha256(b"abc").digest()).decode()
        sent = key | {"Body": ANY, "ContentLength": 3, "ChecksumSHA256": checksum}
        stub.add_response("put_object", {}, sent)
        S3Blobs(bucket, "/tep/", client).put(sha(b"abc"), whole)
        stub.assert_no_pending_responses()


def test_a_bucket_that_is_away_lets_the_file_wait_and_loses_nothing(
    hub: Hub, desk: Desk, server_folder: Path, rules: Rules, bucket: str
) -> None:
    files = Files(hub, Uploads(server_folder / "uploads", rules), S3Blobs("no-such-bucket"))
    with TestClient(
        create_app(hub, files_router(files)), base_url="https://server.test", raise_server_exceptions=False
    ) as http:
        remote = bring(hub, http, desk)
        content = some_bytes(3000)
        assert trouble(patch(remote, sha(content), 3000, 0, content)) == (503, "store")
        files.blobs = S3Blobs(bucket)
        assert head(remote, sha(content)) == (3000, True)
        assert get(remote, sha(content)).content == content


def test_the_place_of_the_files_is_said_clearly_or_refused(tmp_path: Path, bucket: str) -> None:
    assert isinstance(open_blob_store("", tmp_path / "files"), FolderBlobs)
    for wrong in ("http://kho/tep", "s3://", "s3://key:secret@kho", "kho"):
        with pytest.raises(FilesPlaceWrong):
            open_blob_store(wrong, tmp_path)
    with pytest.raises(FilesAway):
        open_blob_store("s3://no-such-bucket", tmp_path)
