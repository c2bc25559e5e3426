"""One chat completion, and what it would have cost in tokens.

Needs: pip install openai; OPENAI_BASE_URL and OPENAI_API_KEY as the server's banner says.
"""

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {"role": "system", "content": "You are a patient teacher."},
        {"role": "user", "content": "Why is the sky blue?"},
    ],
    max_completion_tokens=60,
    seed=1,
)
choice = completion.choices[0]
print(choice.message.content)
print(f"finish reason: {choice.finish_reason}")
print(f"{completion.usage.prompt_tokens} prompt + {completion.usage.completion_tokens} completion tokens")
