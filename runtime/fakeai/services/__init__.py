"""The handwritten half of the API: one Service per group, each overriding the operations that it makes true."""

SERVICES: dict[str, str] = {
    "assistants": "fakeai.services.threads.assistants:AssistantsService",
    "chat": "fakeai.services.chat:ChatService",
    "completions": "fakeai.services.completions:CompletionsService",
    "conversations": "fakeai.services.responses.conversations:ConversationsService",
    "detokenize": "fakeai.services.tokenize:DetokenizeService",
    "embeddings": "fakeai.services.embeddings:EmbeddingsService",
    "kv_cache": "fakeai.services.kv_cache:KvCacheService",
    "models": "fakeai.services.models:ModelsService",
    "moderations": "fakeai.services.moderations:ModerationsService",
    "realtime": "fakeai.services.realtime:RealtimeService",
    "responses": "fakeai.services.responses.service:ResponsesService",
    "router": "fakeai.services.router:RouterService",
    "threads": "fakeai.services.threads.service:ThreadsService",
    "tokenize": "fakeai.services.tokenize:TokenizeService",
    "uploads": "fakeai.services.uploads:UploadsService",
}
"""Group → module:class, imported on first use."""

SOCKETS: dict[str, str] = {
    "responses": "fakeai.services.responses.lanes:converse",
}
"""Path below /v1 → module:function(service, socket), imported on first use: what is served over WebSockets. The service
is that of the group, which is the path's first segment."""
