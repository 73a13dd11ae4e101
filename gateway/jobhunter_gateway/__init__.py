"""People and storage: REST, WebSocket, dashboard and memory. Comes with part 2; until then a person answers by kubectl."""
