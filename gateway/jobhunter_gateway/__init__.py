"""People and storage: REST, WebSocket, dashboard, and the memory that answers a runner's questions.

In come people's requests (app.py lists the routes) and, from NATS, runners' events, frames and requests; out go
ApplicationTasks to the API server, answers to the hitl bucket, and rows to Postgres. It never drives a browser.
"""
