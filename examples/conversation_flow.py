#!/usr/bin/env python3
"""The conversation flow from its first call to its last, against a running server.

    npm start
    python3 examples/conversation_flow.py [http://localhost:8000]

Needs nothing but Python 3.9. It makes two accounts of its own (or takes tokens from ALCOVE_TOKEN and
ALCOVE_OTHER_TOKEN where registration is closed), deletes what it made, prints one line a step and ends with 1 at the
first step that is not as it must be.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

BASE = (sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000").rstrip("/")
REPORT = b"""Annual report

Revenue

Revenue grew by 12 percent to 48.2 million euros, because the northern routes were sold out from May to September.

Key financial metrics

The key financial metrics are revenue of 48.2 million euros, an operating margin of 9.4 percent and net debt of
3.1 million euros.
"""


def call(method, path, token=None, body=None, headers=None):
    """The status and the JSON of one request."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})} if data is not None else {}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(BASE + path, data=data, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            text = response.read()
            return response.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")
    except urllib.error.URLError as error:
        sys.exit(f"There is no server at {BASE}: {error.reason}. Start one with: npm start")


def upload(token, conversation_id, name, content):
    """One file as the form of a browser sends it."""
    boundary = uuid.uuid4().hex
    parts = b""
    if conversation_id is not None:
        parts += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="conversationId"\r\n\r\n{conversation_id}\r\n'
        ).encode()
    parts += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    ).encode()
    parts += content + f"\r\n--{boundary}--\r\n".encode()
    form = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return call("POST", "/api/upload?wait=ready", token, parts, form)


def step(what, holds, seen):
    """One line; the first step that does not hold ends the run."""
    if not holds:
        sys.exit(f"FAILED  {what}\n        the server answered: {json.dumps(seen)[:2000]}")
    print(f"ok      {what}")


def account(variable):
    """A token from the environment, or one of a new account with its password."""
    if os.environ.get(variable):
        return os.environ[variable], None
    name = f"flow-{uuid.uuid4().hex[:12]}@example.org"
    password = uuid.uuid4().hex
    status, body = call("POST", "/auth/register", None, {"email": name, "password": password})
    if status == 403:
        sys.exit(f"{body['error']} Or set ALCOVE_TOKEN and ALCOVE_OTHER_TOKEN for {BASE}.")
    step(f"an account ({name})", status == 201, body)
    return body["access_token"], password


def main():
    mine, password = account("ALCOVE_TOKEN")
    other, other_password = account("ALCOVE_OTHER_TOKEN")

    # Conversations and messages.
    status, conversation = call(
        "POST", "/conversations/", mine, {"title": "Financial Analysis", "conversation_type": "rag_query"}
    )
    step("a conversation is created", status == 201 and conversation["status"] == "active", conversation)
    here = f"/conversations/{conversation['id']}"
    metadata = {"search_results": [{"document": "report.txt", "score": 0.87}], "processing_time_ms": 1250}
    status, message = call(
        "POST", f"{here}/messages", mine, {"role": "user", "content": "Hello", "message_metadata": metadata}
    )
    step("a message keeps its metadata", status == 201 and message["metadata"] == metadata, message)
    status, listed = call("GET", "/conversations/?conversation_type=rag_query&limit=50", mine)
    ids = [one["id"] for one in listed["conversations"]] if status == 200 else []
    step("the list has it, by its type", conversation["id"] in ids, listed)
    title = urllib.parse.quote("New Title")
    status, renamed = call("PUT", f"{here}/title?title={title}", mine)
    step("it is renamed", status == 200 and renamed["title"] == "New Title", renamed)

    # A document of this conversation, and questions about it.
    status, refused = upload(mine, None, "report.txt", REPORT)
    step("an upload without a conversation is refused", status == 400 and "error" in refused, refused)
    status, uploaded = upload(mine, conversation["id"], "report.txt", REPORT)
    step("a document is read", status == 202 and uploaded["document"]["status"] == "ready", uploaded)
    question = {"query": "What are the key financial metrics?", "strategy": "rrf_fusion", "top_k": 10}
    status, answer = call("POST", f"/rag/conversation/{conversation['id']}/query", mine, question)
    step("the answer rests on it", status == 200 and answer["mode"] == "documents", answer)
    sources = answer["sources"]
    step("with its sources", bool(sources) and sources[0]["document_name"] == "report.txt", answer)
    follow_up = {"query": "Can you explain the revenue growth in more detail?", "strategy": "rrf_fusion"}
    status, second = call("POST", f"/rag/conversation/{conversation['id']}/query", mine, follow_up)
    step("a follow-up goes on", status == 200 and second["conversation_id"] == conversation["id"], second)
    status, history = call("GET", here, mine)
    kept = [one for one in history["messages"] if one["metadata"].get("search_results")] if status == 200 else []
    step("the history has all five messages", status == 200 and len(history["messages"]) == 5, history)
    step("and the sources of its answers", len(kept) >= 2, history)

    # Another conversation knows nothing of it, nor does another person.
    status, anew = call("POST", "/rag/query", mine, {**question, "include_sources": True})
    step("a new conversation has no documents", status == 200 and anew["sources"] == [], anew)
    step("and answers without them", anew["mode"] == "llm", anew)
    for method, path, body in [
        ("GET", here, None),
        ("POST", f"{here}/messages", {"role": "user", "content": "planted"}),
        ("POST", f"/rag/conversation/{conversation['id']}/query", question),
        ("DELETE", here, None),
    ]:
        status, refused = call(method, path, other, body)
        step(f"another person is refused: {method} {path.split('/')[1]}", status == 403, refused)

    # Errors have their status.
    status, refused = call("GET", here)
    step("401 without a token", status == 401, refused)
    status, refused = call("GET", f"/conversations/{uuid.uuid4()}", mine)
    step("404 for what does not exist", status == 404, refused)
    status, refused = call("POST", f"{here}/messages", mine, {"role": "nobody", "content": "x"})
    step("400 for a bad request", status == 400, refused)

    # Statistics, and the end.
    status, stats = call("GET", "/conversations/stats/overview", mine)
    step("statistics count it", status == 200 and stats["total_conversations"] >= 2, stats)
    for one in (conversation["id"], anew["conversation_id"]):
        status, gone = call("DELETE", f"/conversations/{one}", mine)
        step("a conversation is deleted", status == 200 and gone["deleted"]["messages"] >= 2, gone)
    status, refused = call("GET", here, mine)
    step("and gone", status == 404, refused)
    for token, secret in ((mine, password), (other, other_password)):
        if secret is not None:
            status, body = call("DELETE", "/auth/me", token, {"password": secret})
            # The first account of a new server is its administrator, and stays.
            step("an account of this run is deleted", status in (200, 204, 409), body)
    print("The whole flow holds.")


main()
