"""Walks the list of operations, and fetches the first: URL, name and password, then the size of a page."""
import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

url, username, password, page_size = sys.argv[1:5]
authorization = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def get(path, query=None):
    target = url + path + ("?" + urllib.parse.urlencode(query) if query else "")
    request = urllib.request.Request(target, headers={"Authorization": authorization})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


path = "/v1/SenderPools/Operations"
ids = []
query = {"pageSize": page_size}
while True:
    page = get(path, query)
    ids += [operation["id"] for operation in page["operations"]]
    token = page["pagination"]["next"]
    if token is None:
        break
    query["pageToken"] = token

fetched = get(path + "/" + ids[0])
try:
    get(path + "/comms_operation_01h9krwprkeee8fzqspvwy6nq8")
except urllib.error.HTTPError as error:
    missing = json.load(error)["errors"][0]["code"]

print(len(ids), len(set(ids)), fetched["id"] == ids[0], missing)
