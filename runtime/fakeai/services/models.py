"""The model catalog as API: GET /models and what each model can do."""

from functools import lru_cache

import orjson

from fakeai.core.call import Call
from fakeai.core.catalog import listing
from fakeai.core.errors import ApiError, model_not_found
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import DELETED_MODELS, FINE_TUNED, Engine
from fakeai_api.routers.models import ModelsApi


class ModelsService(ModelsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._pages = lru_cache(maxsize=64)(self._page)

    async def list_models(self, call: Call) -> Answer:
        namespace = call.tenant.namespace
        page = self._pages(namespace, self.engine.catalog.inferred(namespace))
        return Reply(page, media_type="application/json")

    def _page(self, namespace: str, inferred: tuple[str, ...]) -> bytes:
        """Of 400 models; it changes only with what was inferred."""
        return orjson.dumps({"object": "list", "data": self.engine.catalog.listed(namespace)})

    async def retrieve_model(self, call: Call) -> Answer:
        return Reply(await self._listing(call))

    async def delete_model(self, call: Call) -> Answer:
        """Only fine-tuned models belong to somebody who may delete them."""
        name = call.path["model"]
        if not call.fabricate:
            await self._listing(call)
            if not name.startswith(FINE_TUNED):
                message = "You have insufficient permissions for this operation. Missing scopes: api.delete."
                raise ApiError(403, message)
        await call.store.insert(DELETED_MODELS, name, {"id": name})
        return Reply({"id": name, "object": "model", "deleted": True})

    async def retrieve_model_capabilities(self, call: Call) -> Answer:
        await self._listing(call)
        return Reply(self.engine.catalog.capabilities(call.path["model"], call.tenant.namespace))

    async def _listing(self, call: Call) -> Document:
        name = call.path["model"]
        try:
            spec = await self.engine.model(call, name)
        except ApiError:
            raise model_not_found(name, param="model") from None
        return listing(name, spec)
