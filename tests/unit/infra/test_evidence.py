from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from infra.evidence import EvidenceStore
from vision.errors import StoreError


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceStore:
    folder = (tmp_path / "deep" / "evidence").as_uri()
    return EvidenceStore(folder if request.param == "file" else f"memory://{uuid.uuid4()}")


def test_what_is_put_can_be_got(store: EvidenceStore) -> None:
    name = store.put(b"picture", ".jpg")
    assert store.get(name) == b"picture"
    assert store.exists(name)
    assert name.endswith(".jpg")


def test_the_same_content_is_kept_once(store: EvidenceStore) -> None:
    assert store.put(b"picture", ".jpg") == store.put(b"picture", ".JPG")
    assert store.put(b"another", ".jpg") != store.put(b"picture", ".jpg")


def test_copies_go_into_a_folder_under_their_names(store: EvidenceStore, tmp_path: Path) -> None:
    names = [store.put(content, ".jpg") for content in (b"one", b"two")]
    for _ in range(2):
        copies = store.copy_to(tmp_path / "out" / "evidence", names)
    assert [copy.name for copy in copies] == names
    assert [copy.read_bytes() for copy in copies] == [b"one", b"two"]
    assert {path.name for path in (tmp_path / "out" / "evidence").iterdir()} == set(names)


def test_what_is_missing_is_named(store: EvidenceStore, tmp_path: Path) -> None:
    missing = "0" * 32 + ".jpg"
    assert not store.exists(missing)
    with pytest.raises(StoreError, match=f"{missing} is missing.*inspect the footage again"):
        store.get(missing)
    with pytest.raises(StoreError, match="is missing"):
        store.copy_to(tmp_path, [missing])


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "a.jpg", ""])
def test_only_names_of_evidence_are_looked_up(store: EvidenceStore, name: str) -> None:
    with pytest.raises(StoreError, match="is no name of evidence"):
        store.get(name)


def test_nothing_half_written_is_left_by_a_disk_that_fails(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path.as_uri())
    kept = store.put(b"before", ".jpg")
    program = (
        "import resource, sys\n"
        "from infra.evidence import EvidenceStore\n"
        "from vision.errors import StoreError\n"
        "store = EvidenceStore(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    store.put(b'x' * 5000, '.jpg')\n"
        "except StoreError as err:\n    print(err)\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, tmp_path.as_uri()]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "check its disk and storage.evidence_url" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [kept]


def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(StoreError, match=r"evidence store nosuch://place can't be used.*storage\.evidence_url"):
        EvidenceStore("nosuch://place")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"failed: .*check its disk"):
        EvidenceStore((tmp_path / "file" / "evidence").as_uri())
