from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base.errors import Broken, Refused
from itda.store.vault import Cipher, Unsealable, Vault, version_of

F, G = b"f" * 16, b"g" * 16
VAULT, OTHER = Vault(bytes(range(32))), Vault(bytes(range(1, 33)))


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_what_is_sealed_opens_again(data, label):
    cipher = VAULT.cipher(bytes(32))
    sealed = cipher.seal(F, label, data)
    assert len(sealed) == len(data) + 28
    assert cipher.open(F, label, sealed) == data


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_an_altered_bit_is_noticed(place, change):
    cipher = Cipher(bytes(32))
    sealed = bytearray(cipher.seal(F, "e1", b"kim@example.com"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(Unsealable):
        cipher.open(F, "e1", bytes(sealed))


def test_a_seal_opens_in_its_own_place_only():
    key = VAULT.new_key()
    sealed = VAULT.cipher(key).seal(F, "e1", b"x")
    for cipher, fragment, label in (
        (VAULT.cipher(key), G, "e1"),
        (VAULT.cipher(key), F, "e2"),
        (VAULT.cipher(key, "legal"), F, "e1"),
        (VAULT.cipher(VAULT.new_key()), F, "e1"),
    ):
        with pytest.raises(Unsealable):
            cipher.open(fragment, label, sealed)
    with pytest.raises(Unsealable):
        VAULT.cipher(key).open(F, "e1", b"short")


def test_one_thing_sealed_twice_never_looks_the_same():
    cipher = VAULT.cipher(bytes(32))
    assert len({cipher.seal(F, "e1", b"x")[:12] for _ in range(5000)}) == 5000


def test_a_forked_process_draws_nonces_of_its_own():
    cipher = VAULT.cipher(bytes(32))
    cipher.seal(F, "e1", b"x")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, cipher.seal(F, "e1", b"x")[:12])
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = os.read(read, 12)
    os.close(read)
    os.close(write)
    assert theirs not in {cipher.seal(F, "e1", b"x")[:12] for _ in range(3000)}


def test_a_wrapped_key_opens_for_its_fragment_and_class_under_its_workspace_key():
    key = VAULT.new_key()
    wrapped = VAULT.wrap(F, key)
    sealed = VAULT.cipher(key).seal(F, "e1", b"x")
    assert VAULT.unwrap(F, wrapped).open(F, "e1", sealed) == b"x"
    for vault, fragment, retention in ((VAULT, G, "standard"), (VAULT, F, "legal"), (OTHER, F, "standard")):
        with pytest.raises(Unsealable):
            vault.unwrap(fragment, wrapped, retention)
    with pytest.raises(Unsealable):
        VAULT.unwrap(F, b"")


def test_a_key_wrapped_by_any_version_opens_and_is_wrapped_anew_by_the_newest():
    root, versions = bytes(range(32)), {1: b"1" * 32, 2: b"2" * 32}
    old, new = Vault(root, {1: versions[1]}), Vault(root, versions)
    for vault, version in ((VAULT, 0), (old, 1), (new, 2)):
        key = vault.new_key()
        wrapped = vault.wrap(F, key)
        assert version_of(wrapped) == version
        again = new.rewrap(F, wrapped)
        assert version_of(again) == 2
        sealed = vault.unwrap(F, wrapped).seal(F, "e1", b"x")
        assert new.unwrap(F, again).open(F, "e1", sealed) == b"x"
    with pytest.raises(Unsealable, match="version 2"):
        old.unwrap(F, new.wrap(F, b"k" * 32))
    assert old.blind("email", "a") == new.blind("email", "a")


def test_the_same_secret_gives_the_same_names_for_things_and_another_gives_others():
    again = Vault(bytes(range(32)))
    for name in (
        lambda vault: vault.blind("email", "kim@example.com"),
        lambda vault: vault.fragment("email", "kim@example.com"),
        lambda vault: vault.write_key("web"),
        lambda vault: vault.fingerprint(b"query"),
        lambda vault: vault.token("csrf", b"session"),
    ):
        assert name(VAULT) == name(again)
        assert name(VAULT) != name(OTHER)


def test_blind_index_fragment_and_generations_do_not_tell_of_each_other():
    names = {VAULT.blind("email", "a"), *(VAULT.fragment("email", "a", generation) for generation in range(5))}
    names |= {VAULT.blind("phone", "a"), VAULT.fragment("phone", "a"), VAULT.blind("emai", "la")}
    assert len(names) == 9
    assert all(len(name) == 16 for name in names)


def test_a_write_key_stands_in_a_header_as_it_is():
    assert re.fullmatch(r"wk_[a-z2-7]{26}", VAULT.write_key("웹"))


@pytest.mark.parametrize("written", ["KIM Minji", "kim  minji", "Kim, Minji", "ＫＩＭ minji"])  # noqa: RUF001 - wide letters
def test_a_name_is_found_however_it_is_written(written):
    assert VAULT.name_hash(written) == VAULT.name_hash("Kim Minji")


def test_name_hashes_have_twenty_bits():
    hashes = {VAULT.name_hash(f"name {number}") for number in range(2000)}
    assert max(hashes) < 1 << 20
    assert len(hashes) > 1900


def test_a_wrong_key_length_is_refused():
    with pytest.raises(Refused):
        Vault(b"short")
    with pytest.raises(Broken):
        Cipher(b"short")
