"""A batch from upload to completion. Its status advances by itself, but its lines are not run."""

import json
import time

from openai import OpenAI

client = OpenAI()
line = {
    "custom_id": "1",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]},
}
file = client.files.create(file=("batch.jsonl", json.dumps(line).encode()), purpose="batch")
assert client.files.content(file.id).read() == json.dumps(line).encode()

batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
while batch.status != "completed":
    print(batch.status)
    time.sleep(0.5)
    batch = client.batches.retrieve(batch.id)
print(batch.status)

late = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
print(client.batches.cancel(late.id).status)

client.files.delete(file.id)
