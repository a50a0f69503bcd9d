"""One call of a model, traced by Langfuse's SDK to Stillwatch.

STILLWATCH_URL=http://127.0.0.1:7700 LLM_URL=http://127.0.0.1:8000/v1 python call.py
"""

import os

# Stillwatch replaces the Langfuse server, because an SDK can have only one.
os.environ["LANGFUSE_BASE_URL"] = os.environ["STILLWATCH_URL"]
os.environ.setdefault("LANGFUSE_PUBLIC_KEY", "pk-lf-example")
os.environ.setdefault("LANGFUSE_SECRET_KEY", "sk-lf-example")

from langfuse import get_client, propagate_attributes  # noqa: E402
from langfuse.openai import openai  # noqa: E402

client = openai.OpenAI(base_url=os.environ["LLM_URL"], api_key="none")
# The account. Stillwatch does not count requests without one.
with propagate_attributes(user_id="customer-7", session_id="talk-1"):
    answer = client.chat.completions.create(
        model="house-model",
        temperature=0.5,
        messages=[
            {"role": "system", "content": "Answer in verse."},
            {"role": "user", "content": "Sing of hail."},
        ],
    )
print(answer.choices[0].message.content)
get_client().flush()
