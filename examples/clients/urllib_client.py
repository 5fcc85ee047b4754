"""An adapter for `postern check --client`: Python's urllib.request.

A line of JSON on standard input says what to ask for, and a line on standard output what came.

    postern check fixtures/clients --client 'urllib=python3 examples/clients/urllib_client.py'
"""

import base64
import json
import sys
import urllib.error
import urllib.request


def told(ask):
    content = ask.get("content")
    body = None if content is None else base64.b64decode(content)
    request = urllib.request.Request(ask["url"], data=body, method=ask["method"])
    for name, value in ask["fields"]:
        request.add_header(name, value)
    try:
        try:
            response = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            # A response with a status from 300 on that isn't followed.
            response = error
        with response:
            octets = response.read()
            return {
                "status": response.status,
                "fields": response.headers.items(),
                "content": base64.b64encode(octets).decode("ascii"),
            }
    except Exception as error:  # urllib lets errors of several modules through
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(told(json.loads(line))), flush=True)
