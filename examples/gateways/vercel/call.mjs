// One call of a model, traced by Vercel's AI SDK to Stillwatch.
//
// STILLWATCH_URL=http://127.0.0.1:7700 LLM_URL=http://127.0.0.1:8000/v1 node call.mjs

import { createOpenAI } from "@ai-sdk/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { generateText } from "ai";

const exporter = new OTLPTraceExporter({
  url: `${process.env.STILLWATCH_URL}/v1/traces`,
  headers: { "x-api-key": process.env.STILLWATCH_KEY ?? "none" },
});
const sdk = new NodeSDK({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
sdk.start();

const openai = createOpenAI({ baseURL: process.env.LLM_URL, apiKey: "none" });
const answer = await generateText({
  model: openai.chat("house-model"),
  temperature: 0.5,
  system: "Answer in verse.",
  prompt: "Sing of hail.",
  experimental_telemetry: {
    isEnabled: true,
    // The account. Stillwatch does not count requests without one.
    metadata: { userId: "customer-7", sessionId: "talk-1" },
  },
});
console.log(answer.text);
await sdk.shutdown();
