"""Two streams at once, with the async client; tokens, time to first token and usage of each."""

import asyncio
import time

from openai import AsyncOpenAI


async def ask(client: AsyncOpenAI, question: str) -> None:
    started, first, text = time.monotonic(), None, []
    stream = await client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": question}],
        max_completion_tokens=40,
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            first = first or time.monotonic() - started
            text.append(chunk.choices[0].delta.content)
        if chunk.usage:
            print(f"{question} {''.join(text)}")
            print(f"  {chunk.usage.completion_tokens} tokens, the first after {first * 1e3:.0f} ms")


async def main() -> None:
    async with AsyncOpenAI() as client:
        await asyncio.gather(ask(client, "What is a monad?"), ask(client, "What is a burrito?"))


asyncio.run(main())
