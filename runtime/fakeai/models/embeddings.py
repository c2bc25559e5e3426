"""Embeddings: the generated models under their short names."""

from fakeai_api.models.embeddings import CreateEmbeddingRequest as EmbeddingRequest
from fakeai_api.models.embeddings import CreateEmbeddingResponse as EmbeddingResponse
from fakeai_api.models.embeddings import Embedding as Embedding

__all__ = ["Embedding", "EmbeddingRequest", "EmbeddingResponse"]
