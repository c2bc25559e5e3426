"""instructor: structured output by tools, by JSON schema and streamed in part; a list of objects."""

import instructor
from pydantic import BaseModel

MODEL = "gpt-4o-mini"


class Person(BaseModel):
    name: str
    age: int


ask = [{"role": "user", "content": "Extract: Jason is 25 years old"}]
for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA, instructor.Mode.JSON):
    client = instructor.from_provider(f"openai/{MODEL}", mode=mode)
    person = client.chat.completions.create(response_model=Person, messages=ask)
    assert person.age == 25, (mode, person)

client = instructor.from_provider(f"openai/{MODEL}", mode=instructor.Mode.TOOLS)
parts = list(client.chat.completions.create_partial(response_model=Person, messages=ask))
assert parts[-1].age == 25, parts[-1]
people = list(client.chat.completions.create_iterable(response_model=Person, messages=ask))
assert people
