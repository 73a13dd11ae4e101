"""Kubernetes Events on a task: kubectl describe shows them in the order of their names, so names carry the time."""

from __future__ import annotations

from memory_api import NAMESPACE, MemoryKube

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_operator.actions import Note
from jobhunter_operator.task_notes import TaskNotes

TOLD = [str(number) for number in range(12)]


async def test_events_sort_by_name_as_they_were_told() -> None:
    kube = MemoryKube()
    task = ApplicationTask.model_validate(
        {
            "metadata": {"name": "n" * 253, "namespace": NAMESPACE, "uid": "u-1"},
            "spec": {"userId": "asha", "url": "https://jobs.example.com/1"},
        }
    )
    notes = TaskNotes(kube, "here")
    for pair in zip(TOLD[::2], TOLD[1::2], strict=True):  # each pair is told beside the others
        notes.tell(task, [Note("Told", message) for message in pair])
    await notes.finish(5)
    events = sorted(
        (body for path, body in kube.objects.items() if "/events/" in path), key=lambda body: body["metadata"]["name"]
    )
    assert [event["note"] for event in events] == TOLD
    assert [event["eventTime"] for event in events] == sorted(event["eventTime"] for event in events)
    assert all(len(event["metadata"]["name"]) <= 253 for event in events)
