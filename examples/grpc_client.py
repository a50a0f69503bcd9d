#!/usr/bin/env python3
"""Scores one exchange over gRPC with the stock Python client.

No generated code: the messages are built from the server's own reflection.

    python -m venv venv
    venv/bin/pip install grpcio grpcio-reflection grpcio-health-checking
    venv/bin/python examples/grpc_client.py 127.0.0.1:7700

To generate typed stubs instead:

    venv/bin/pip install grpcio-tools
    venv/bin/python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. proto/stillwatch/v1/*.proto
"""

import sys

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "stillwatch.v1.ScoringService"

EXCHANGE = {
    "id": "ex-1",
    "time": "2026-05-01T12:00:00.123Z",
    "account": "acc-1",
    "model": "opus-4.6",
    "messages": [{"role": "user", "content": "Which planet is the largest?"}],
    "parameters": {"max_tokens": 256},
}


def method(channel, pool, name):
    """Return a callable for one method of the service, and the class of its request."""
    described = pool.FindServiceByName(SERVICE).FindMethodByName(name)
    request = message_factory.GetMessageClass(described.input_type)
    answer = message_factory.GetMessageClass(described.output_type)
    call = channel.unary_unary(
        f"/{SERVICE}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString,
    )
    return call, request


def show(message):
    print(json_format.MessageToJson(message, preserving_proto_field_name=True))


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7700"
    with grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        status = health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=5).status
        print("health:", health_pb2.HealthCheckResponse.ServingStatus.Name(status))

        database = ProtoReflectionDescriptorDatabase(channel)
        print("services:", ", ".join(sorted(database.get_services())))
        pool = descriptor_pool.DescriptorPool(database)

        score, exchange = method(channel, pool, "ScoreConversation")
        show(score(json_format.ParseDict(EXCHANGE, exchange()), timeout=5))

        score_batch, batch = method(channel, pool, "ScoreBatch")
        nameless = {**EXCHANGE, "account": ""}
        show(score_batch(json_format.ParseDict({"exchanges": [EXCHANGE, nameless]}, batch()), timeout=5))

        try:
            score(json_format.ParseDict(nameless, exchange()), timeout=5)
        except grpc.RpcError as error:
            print("refused:", error.code().name, error.details())


if __name__ == "__main__":
    main()
