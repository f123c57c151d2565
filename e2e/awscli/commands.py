#!/usr/bin/env python3
"""Runs commands of the AWS CLI one after the other in one process.

    commands.py < commands.json

The input is a list of commands, each a list of arguments. The output is a list with
one entry for each: {"Code": EXIT_CODE, "Stdout": TEXT, "Stderr": TEXT}. Each command
is run by the main function of the CLI, as its program runs it; most of the time of a
short command is the start of Python, which happens once here.
"""

import contextlib
import io
import json
import sys

import awscli.clidriver


def run(arguments):
    """Runs a command and returns what its process would leave behind."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    sys.argv = ["aws", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = awscli.clidriver.main()
    return {"Code": code, "Stdout": out.buffer.getvalue().decode(), "Stderr": err.buffer.getvalue().decode()}


json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
