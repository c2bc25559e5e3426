"""Lists come in pages; the SDK follows them. A namespace of its own keeps this apart from everybody else's objects."""

from openai import OpenAI

client = OpenAI(api_key="sk-fake-paging.example-1")
names = [f"file-{number}.txt" for number in range(7)]
for name in names:
    client.files.create(file=(name, b"text"), purpose="user_data")

page = client.files.list(limit=3, order="asc")
while True:
    print([file.filename for file in page.data])
    if not page.has_next_page():
        break
    page = page.get_next_page()

everything = list(client.files.list(limit=2))
assert [file.filename for file in everything] == names[::-1], "newest first unless one asks otherwise"
for file in everything:
    client.files.delete(file.id)
assert not client.files.list().data
