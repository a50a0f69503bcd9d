"""One call of a model, traced by OpenInference (Arize Phoenix) to Stillwatch.

STILLWATCH_URL=http://127.0.0.1:7700 LLM_URL=http://127.0.0.1:8000/v1 python call.py
"""

import os

import openai
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

exporter = OTLPSpanExporter(
    endpoint=os.environ["STILLWATCH_URL"] + "/v1/traces",
    headers={"x-api-key": os.environ.get("STILLWATCH_KEY", "none")},
)
# To keep Phoenix, add a second processor with its exporter.
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
OpenAIInstrumentor().instrument(tracer_provider=provider)

client = openai.OpenAI(base_url=os.environ["LLM_URL"], api_key="none")
# The account. Stillwatch does not count requests without one.
with using_attributes(user_id="customer-7", session_id="talk-1"):
    answer = client.chat.completions.create(
        model="house-model",
        temperature=0.5,
        messages=[
            {"role": "system", "content": "Answer in verse."},
            {"role": "user", "content": "Sing of hail."},
        ],
    )
print(answer.choices[0].message.content)
