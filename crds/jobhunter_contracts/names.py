"""Names that several parts write into Kubernetes objects: API group, labels, annotations, object names."""

from __future__ import annotations

import hashlib

GROUP = "jobhunter.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "ApplicationTask"
PLURAL = "applicationtasks"
SINGULAR = "applicationtask"
SHORT_NAME = "apptask"
CATEGORY = "jobhunter"

LABEL_TASK = f"{GROUP}/task"  # the task's name on its pod, draft and evidence (shortened where a label cannot hold it)
LABEL_TASK_UID = f"{GROUP}/task-uid"
LABEL_ATTEMPT = f"{GROUP}/attempt"
LABEL_USER = f"{GROUP}/user"  # hash of the user id, see user_label
LABEL_COMPONENT = "app.kubernetes.io/component"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
COMPONENT_SESSION = "session"
MANAGED_BY = "jobhunter-operator"
ANNOTATION_TEST_HOLD = f"{GROUP}/test-hold-seconds"  # honoured only where the operator runs with test holds switched on

RUNNER_CONTAINER = "runner"
BROWSER_CONTAINER = "browser"

PROFILE_KEY = "profile.yaml"  # key of the profile in the Secret that spec.profileRef names
DRAFT_TABLE_KEY = "draft.json"
DRAFT_PICTURE_KEY = "draft.jpg"


def _fit(name: str, suffix: str, limit: int) -> str:
    """name + suffix, the name shortened with a hash of the whole where it would be longer than limit."""
    if len(name) + len(suffix) <= limit:
        return name + suffix
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - len(suffix) - 9].rstrip('.-')}-{digest}{suffix}"


def pod_name(task_name: str, attempt: int) -> str:
    """Name of the cold pod of an attempt (1, 2 …): at most 63 characters and no dot, so that it is a host name too.

    A task's name with dots is told from the same with dashes by its hash.
    """
    name = task_name
    if "." in name:
        name = f"{name.replace('.', '-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return _fit(name, f"-{attempt}", 63)


def draft_secret_name(task_name: str) -> str:
    """Name of the Secret that keeps the task's latest draft."""
    return _fit(task_name, "-draft", 253)


def evidence_secret_name(task_name: str) -> str:
    """Name of the Secret that keeps the pictures of the submitted application."""
    return _fit(task_name, "-evidence", 253)


def task_label(task_name: str) -> str:
    """A task's name as a label value (63 characters at most)."""
    return _fit(task_name, "", 63)


def user_label(user_id: str) -> str:
    """A user id as a label value: a hash, for a user id may hold what a label cannot, and is nobody else's business."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:32]
