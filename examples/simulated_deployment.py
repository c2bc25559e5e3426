"""Time to the first token, and what the prefix cache saved.

Run the server with hardware: fakeai server --gpu h100-sxm --tp 4 --replicas 2 --routing kv_aware --model llama-3.3-70b
"""

import time

from openai import OpenAI

client = OpenAI()
document = "The river rises in the hills and runs to the sea. " * 600


def ask(question: str) -> None:
    began_s = time.perf_counter()
    ttft_s = None
    stream = client.chat.completions.create(
        model="llama-3.3-70b",
        messages=[{"role": "system", "content": document}, {"role": "user", "content": question}],
        max_tokens=20,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        if ttft_s is None and chunk.choices and chunk.choices[0].delta.content:
            ttft_s = time.perf_counter() - began_s
        if chunk.usage:
            cached = chunk.usage.prompt_tokens_details.cached_tokens
            print(f"first token after {ttft_s * 1000:.0f} ms, {cached} of {chunk.usage.prompt_tokens} tokens cached")


ask("Where does it rise?")
ask("Where does it end?")
