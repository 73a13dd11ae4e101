"""The Secret that spec.profileRef names: its profile, its documents, and what is wrong with them."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

from jobhunter_contracts.errors import InvalidProfile, NotFound
from jobhunter_contracts.names import LABEL_MANAGED_BY, MANAGED_BY, PROFILE_KEY
from jobhunter_contracts.profile import Profile, document_media_type, parse_profile
from jobhunter_operator.kube import Absent, Kube
from jobhunter_operator.observed import ProfileState, ProfileView, SecretAnswer

PROFILE_LIMIT = 256 * 1024
"""Bytes of profile.yaml. A page of it has 3 KB; PyYAML reads some 100 KB in a second."""
_KEPT = 64  # profiles that are not read again while their Secret stays the same


def secret_data(secret: dict[str, Any]) -> dict[str, bytes]:
    """A Secret's data, decoded."""
    try:
        return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    except binascii.Error as error:
        raise InvalidProfile("its data is not base64", where=secret["metadata"]["name"]) from error


def read_profile(name: str, data: dict[str, bytes]) -> Profile:
    """The profile in a Secret's data, its documents checked. Raises InvalidProfile with every fault of the first kind found."""
    where = f"Secret {name}"
    if PROFILE_KEY not in data:
        raise InvalidProfile(
            f"it has no key {PROFILE_KEY}",
            where=where,
            remedy=f"Make it with kubectl create secret generic {name} --from-file={PROFILE_KEY} --from-file=CV.pdf",
        )
    if (size := len(data[PROFILE_KEY])) > PROFILE_LIMIT:
        raise InvalidProfile(
            f"{PROFILE_KEY} has {size} bytes, more than {PROFILE_LIMIT}",
            where=where,
            remedy="Keep documents out of it, as keys of their own",
        )
    profile = parse_profile(data[PROFILE_KEY], where=f"{where}, {PROFILE_KEY}")
    documents = profile.application.documents
    for wish in (documents.resume, documents.cover_letter):
        if wish is None:
            continue
        if wish not in data:
            there = ", ".join(sorted(set(data) - {PROFILE_KEY})) or "none"
            raise InvalidProfile(
                f"{PROFILE_KEY} names the document {wish!r}, and the Secret has no such key (documents there: {there})",
                where=where,
                remedy="Add the file under that name, or mend the name",
            )
        document_media_type(f"{where}, {wish}", data[wish])
    return profile


def _profile_or_fault(name: str, data: dict[str, bytes]) -> Profile | InvalidProfile:
    try:
        return read_profile(name, data)
    except InvalidProfile as error:
        return error


class ProfileSecrets:
    """Reads Secrets of session namespaces, one at a time, when they are needed.

    runner_secret: the Secret with the session pods' credential, which lies beside people's. A task may name any Secret, and
    what the operator reads of it is typed into a page that the task names, too: no Secret of a machine's is read for one.
    """

    def __init__(self, kube: Kube, runner_secret: str) -> None:
        self._kube = kube
        self._runner_secret = runner_secret
        self._reading = asyncio.Lock()  # one profile at a time, in a thread: the others' tasks go on meanwhile
        self._read: dict[tuple[str, str, str], Profile | InvalidProfile] = {}  # namespace, name, version; oldest first

    async def data(self, namespace: str, name: str) -> dict[str, bytes]:
        """Raises NotFound, InvalidProfile where it is none of a person's, ApiFault or Unavailable."""
        return secret_data(await self._secret(namespace, name))

    async def profile(self, namespace: str, name: str) -> tuple[Profile, dict[str, bytes]]:
        """The profile, read once for each version of the Secret, and the Secret's data. Raises as data() does."""
        secret = await self._secret(namespace, name)
        data, version = secret_data(secret), str(secret["metadata"]["resourceVersion"])
        if (namespace, name, version) not in self._read:
            async with self._reading:
                if (namespace, name, version) not in self._read:
                    read = await asyncio.to_thread(_profile_or_fault, name, data)
                    self._keep(namespace, name, version, read)
        found = self._read[namespace, name, version]
        if isinstance(found, InvalidProfile):
            raise found.with_traceback(None)
        return found, data

    def _keep(self, namespace: str, name: str, version: str, read: Profile | InvalidProfile) -> None:
        others = [place for place in self._read if place[:2] != (namespace, name)]
        self._read = {place: self._read[place] for place in others[1 - _KEPT :]}
        self._read[namespace, name, version] = read

    async def _secret(self, namespace: str, name: str) -> dict[str, Any]:
        try:
            secret = await self._kube.get_secret(namespace, name)
        except Absent as error:
            raise NotFound("there is no such Secret", where=f"{namespace}/{name}") from error
        if not self._is_a_person_s(secret):
            raise InvalidProfile(
                "it is none of a person's, and no task may use it",
                where=f"Secret {name}",
                remedy=f"Make one with kubectl create secret generic -n {namespace}",
            )
        return secret

    def _is_a_person_s(self, secret: dict[str, Any]) -> bool:
        """Not the runners' credential, no draft or evidence of a task, no pull Secret, token or certificate."""
        metadata = secret["metadata"]
        return (
            metadata["name"] != self._runner_secret
            and secret.get("type", "Opaque") == "Opaque"
            and (metadata.get("labels") or {}).get(LABEL_MANAGED_BY) != MANAGED_BY
        )

    async def view(self, namespace: str, name: str) -> ProfileView:
        """Whether the Secret can be used."""
        try:
            await self.profile(namespace, name)
        except NotFound:
            words = f"There is no Secret {name} in {namespace} yet. The task goes on when it is there."
            return ProfileView(ProfileState.MISSING, words)
        except InvalidProfile as error:
            return ProfileView(ProfileState.WRONG, f"{error} Then create the task again.")
        return ProfileView(ProfileState.USABLE)

    async def answer(self, namespace: str, name: str, key: str) -> SecretAnswer:
        """The answer that a secretKeyRef leads to."""
        try:
            data = await self.data(namespace, name)
        except NotFound:
            return SecretAnswer(fault=f"There is no Secret {name} in {namespace}. It is taken when it is there.")
        except InvalidProfile as error:
            return SecretAnswer(fault=str(error))
        if key not in data:
            return SecretAnswer(fault=f"The Secret {name} has no key {key}. It is taken when it is there.")
        try:
            return SecretAnswer(value=data[key].decode().rstrip("\n"))
        except UnicodeDecodeError:
            return SecretAnswer(fault=f"The key {key} of Secret {name} is not UTF-8 text.")
