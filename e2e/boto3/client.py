#!/usr/bin/env python3
"""Runs steps with boto3 and prints what boto3 made of the answers.

    client.py --endpoint-url http://127.0.0.1:8623 < steps.json

Credentials, region and retry settings come from the environment, as for any
program that uses boto3. The endpoint is an argument because the boto3 that
Debian 12 packages (1.26) does not read AWS_ENDPOINT_URL_DEVICE_FARM.

The input is {"readTimeout": SECONDS, "steps": [{"operation": ..., "input": ...,
"paginate": BOOL}]}. The output is a list with one entry for each step: {"output": ...},
or {"error": NAME, "message": TEXT} where boto3 raised one of the typed exceptions
of Device Farm. Any other exception ends the program with a traceback.
"""

import argparse
import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

EXCEPTIONS = (
    "ArgumentException",
    "NotFoundException",
    "NotEligibleException",
    "LimitExceededException",
    "ServiceAccountException",
)


def send(client, step):
    """Calls the operation, or pages through it, and returns what boto3 returns."""
    method = xform_name(step["operation"])
    if step.get("paginate"):
        return client.get_paginator(method).paginate(**step["input"]).build_full_result()
    output = getattr(client, method)(**step["input"])
    output.pop("ResponseMetadata")
    return output


def typed_name(client, error):
    """Names the typed exception that the error is an instance of."""
    for name in EXCEPTIONS:
        if isinstance(error, getattr(client.exceptions, name)):
            return name
    raise error


def run(client, step):
    try:
        return {"output": send(client, step)}
    except ClientError as error:
        name = typed_name(client, error)
        return {"error": name, "message": error.response["message"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint-url", required=True)
    args = parser.parse_args()
    session = json.load(sys.stdin)
    options = {}
    if session.get("readTimeout"):
        options["read_timeout"] = session["readTimeout"]
    client = boto3.client("devicefarm", endpoint_url=args.endpoint_url, config=Config(**options))
    outcomes = [run(client, step) for step in session["steps"]]
    json.dump(outcomes, sys.stdout, default=lambda moment: moment.isoformat())


main()
