"""Asks with urllib.request as an errand in JSON says, and prints the outcomes as JSON."""

import hashlib
import json
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request


class TimeIsUp(Exception):
    """The time limit for the whole request; that of urlopen is for one read or write."""


def time_is_up(_signal, _frame):
    raise TimeIsUp


def ask(errand, context):
    begun = time.monotonic()
    outcome = {"kind": "ok"}
    content = b""
    data = errand["content"].encode() if errand["method"] == "POST" else None
    request = urllib.request.Request(errand["url"], data=data, method=errand["method"])
    signal.setitimer(signal.ITIMER_REAL, errand["limitMs"] / 1000)
    try:
        with urllib.request.urlopen(request, context=context) as response:
            outcome["status"] = response.status
            if errand.get("habit") == "pieces":
                for piece in iter(lambda: response.read(1024), b""):
                    content += piece
            else:
                content = response.read()
    except TimeIsUp:
        outcome["kind"] = "hung"
    except urllib.error.HTTPError as error:
        # A status that is no success: urllib raises it as an error, and callers get no content.
        outcome["status"] = error.code
        outcome["kind"] = "failed"
        outcome["error"] = f"HTTPError {error}"
    except Exception as error:
        content += getattr(error, "partial", b"")
        outcome["kind"] = "failed"
        outcome["error"] = f"{type(error).__name__} {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    outcome["octets"] = len(content)
    outcome["sha256"] = hashlib.sha256(content).hexdigest()
    outcome["milliseconds"] = round((time.monotonic() - begun) * 1000)
    return outcome


def main():
    errand = json.loads(sys.argv[1])
    signal.signal(signal.SIGALRM, time_is_up)
    context = None
    if errand.get("caFile") is not None:
        context = ssl.create_default_context(cafile=errand["caFile"])
    print(json.dumps([ask(errand, context) for _ in range(errand["times"])]))


main()
