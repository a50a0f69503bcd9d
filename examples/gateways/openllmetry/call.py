"""One call of a model, traced by OpenLLMetry to Stillwatch.

STILLWATCH_URL=http://127.0.0.1:7700 LLM_URL=http://127.0.0.1:8000/v1 python call.py
"""

import os

import openai
from traceloop.sdk import Traceloop

Traceloop.init(
    app_name="example",
    api_endpoint=os.environ["STILLWATCH_URL"],
    api_key=os.environ.get("STILLWATCH_KEY", "none"),
    disable_batch=True,
    telemetry_enabled=False,
)
# The account. Stillwatch does not count requests without one.
Traceloop.set_association_properties({"user_id": "customer-7", "session_id": "talk-1"})

client = openai.OpenAI(base_url=os.environ["LLM_URL"], api_key="none")
answer = client.chat.completions.create(
    model="house-model",
    temperature=0.5,
    messages=[
        {"role": "system", "content": "Answer in verse."},
        {"role": "user", "content": "Sing of hail."},
    ],
)
print(answer.choices[0].message.content)
