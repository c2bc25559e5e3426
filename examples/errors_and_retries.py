"""What goes wrong, as the SDK tells it. Run the server with --ttft 500, so that answers come too late for one call."""

import openai

client = openai.OpenAI()
hello = [{"role": "user", "content": "Hello"}]

try:
    client.chat.completions.create(model="gpt-none", messages=hello)
except openai.NotFoundError as error:
    print(error.status_code, error.code)

try:
    client.chat.completions.create(model="gpt-4o", messages=hello, temperature=9)
except openai.BadRequestError as error:
    print(error.status_code, error.code, error.param)

try:
    client.files.retrieve("file-none")
except openai.NotFoundError as error:
    print(error.status_code, error.body["message"], "request", error.request_id)

impatient = client.with_options(timeout=0.1, max_retries=1)
try:
    impatient.chat.completions.create(model="gpt-4o", messages=hello)
except openai.APITimeoutError:
    print("timed out, twice")

patient = client.with_options(timeout=30)
print(patient.chat.completions.create(model="gpt-4o", messages=hello).choices[0].message.content)
