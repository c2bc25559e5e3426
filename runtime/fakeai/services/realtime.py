"""Realtime calls: begun over WebRTC, and named for what is done to them later."""

from typing import Any

from fakeai.core.call import Call
from fakeai.core.ids import token
from fakeai.core.reply import Answer
from fakeai.engine.engine import Engine
from fakeai_api.routers.realtime import RealtimeApi


class RealtimeService(RealtimeApi):
    def __init__(self, engine: Engine) -> None:
        """Services are made with the engine; nothing is generated here."""

    async def create_realtime_call(self, call: Call, body: Any) -> Answer:
        answer = await super().create_realtime_call(call, body)
        location = f"/v1/realtime/calls/rtc_{token(call.draws('call'))}"
        call.response_headers.append((b"location", location.encode()))
        return answer
