"""People and storage: REST, sockets, the dashboard, and the memory that answers a runner's questions.

In come people's requests and answers (`app` lists the routes), the API server's tasks (`task_mirror`), and from NATS the
runners' events (`event_feed` for viewers, `projector` for the store), frames (`frame_feed`) and requests (`asks_service`),
and the operator's question whether there is a profile (`profile_exists`).

Out go ApplicationTasks (`cluster_tasks`), events and frames to sockets (`viewer`), answers to the hitl bucket
(`hitl_answers`), rows to Postgres (`store`), and to runners profiles, documents and passages that suggest answers.

Any gateway serves any task, and can be killed at any moment. It never drives a browser and writes no status.
"""
