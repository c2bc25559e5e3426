"""Batches: the generated models under their short names."""

from fakeai_api.models.batches import Batch as Batch
from fakeai_api.models.batches import CreateBatchBody as CreateBatchRequest

__all__ = ["Batch", "CreateBatchRequest"]
