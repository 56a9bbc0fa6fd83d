import { BadRequestError, NotFoundError, TwilioClient } from "@effect-comms/promise"
import { Emulator } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { operationId, samples, senderId, senderPoolId } from "./samples.ts"
import { assertError, call, clientOf, credentials, recording, rejection } from "./utils/emulator.ts"

const layer = Emulator.layer({ operations: 10, senders: 10 })

const idOf = (family: { readonly listOperations: TwilioClient["emails"]["listOperations"] }) =>
  Effect.map(call(() => family.listOperations()), ({ operations }) => operations[0]?.id ?? "")

/** A client of an emulator whose resources have the ids of the documentation, and which ignores its page token. */
const documented = Effect.gen(function*() {
  const { senderIds, senderPools } = yield* Emulator.Emulator
  const { client, fetch: answer } = yield* clientOf()
  const operations = [
    ["/Messages", yield* idOf(client.messages)],
    ["/Emails", yield* idOf(client.emails)],
    ["", yield* idOf(client.senderPools)]
  ] as const
  const [member = ""] = senderIds(1)
  yield* call(() => client.senderPools.create({ senders: [{ senderId: member }] }))
  const [held] = yield* senderPools
  const { fetch, sent } = recording(async (request) => {
    const pairs = [
      [operationId, operations.find(([path]) => request.url.includes(path))?.[1] ?? ""],
      [senderPoolId, held?.pool.id ?? ""],
      [senderId, member]
    ] as const
    const toEmulator = (text: string) => pairs.reduce((text, [shown, real]) => text.replaceAll(shown, real), text)
    const toClient = (text: string) => pairs.reduce((text, [shown, real]) => text.replaceAll(real, shown), text)
    const { headers, method } = request
    const body = toEmulator(await request.text())
    const response = await answer(toEmulator(request.url).replace("&pageToken=pageToken", ""), {
      method,
      headers,
      ...(body === "" ? {} : { body })
    })
    return new Response(toClient(await response.text()), response)
  })
  return { sent, client: new TwilioClient({ ...credentials, fetch }) }
})

const query = "startDate=2024-01-15T09%3A30%3A00.000Z&endDate=2024-01-15T09%3A30%3A00.000Z"

const paging = "pageToken=pageToken&pageSize=50"

it.effect("every call of the documentation succeeds", () =>
  Effect.gen(function*() {
    const { client, sent } = yield* documented
    const results = new Map<string, unknown>()
    for (const [name, sample] of Object.entries(samples(client))) results.set(name, yield* call<unknown>(sample))
    const pools = "/v1/SenderPools"
    assert.deepEqual(
      sent.map(({ body, method, path }) => [method, path, ...(body === "" ? [] : [JSON.parse(body)])]),
      [
        ["GET", `${pools}?${query}&operationId=${operationId}&${paging}`],
        ["POST", pools, { name: "Sales Leads - APAC", tags: { region: "APAC" } }],
        ["GET", `${pools}/${senderPoolId}`],
        ["PATCH", `${pools}/${senderPoolId}`, { name: "Customer Support Senders - Tier 1", tags: { tier: "1" } }],
        ["POST", `${pools}/${senderPoolId}/Senders`, [{ senderId }]],
        ["GET", `${pools}/${senderPoolId}/Senders?${query}&channel=SMS&status=ACTIVATED&${paging}`],
        ["DELETE", `${pools}/${senderPoolId}/Senders/${senderId}`],
        ["DELETE", `${pools}/${senderPoolId}`],
        ["GET", `${pools}/Operations?${query}&status=PROCESSING&${paging}`],
        ["GET", `${pools}/Operations/${operationId}`],
        ["GET", `/v1/Senders?${query}&channel=SMS&status=ACTIVATED&${paging}`],
        ["GET", `/v1/Senders/${senderId}`],
        ["POST", "/v1/Senders/Search", { address: "+14153902337", channel: "SMS" }],
        ["POST", "/v1/Senders/Resolve", {
          recipientAddresses: [
            { address: "+14153902337", channel: "PHONE" },
            { address: "+14153902337", channel: "WHATSAPP" },
            { address: "person@example.com", channel: "EMAIL" }
          ]
        }],
        ["GET", `/v1/Messages/Operations?${query}&status=SCHEDULED&${paging}`],
        ["GET", `/v1/Messages/Operations/${operationId}`],
        ["GET", `/v1/Emails/Operations?${query}&status=SCHEDULED&${paging}`],
        ["GET", `/v1/Emails/Operations/${operationId}`]
      ]
    )
    const operation = ["id", "status", "stats", "createdAt", "updatedAt"]
    const keys = {
      "senderPools.list": ["senderPools", "invalid", "pagination"],
      "senderPools.create": ["operationId", "operationLocation"],
      "senderPools.fetch": ["id", "name", "tags", "createdAt", "updatedAt"],
      "senderPools.update": ["resourceId", "resourceLocation"],
      "senderPools.addSender": ["operationId", "operationLocation"],
      "senderPools.listSenders": ["senders", "invalid", "pagination"],
      "senderPools.removeSender": ["resourceId", "resourceLocation"],
      "senderPools.delete": ["resourceId", "resourceLocation"],
      "senderPools.listOperations": ["operations", "invalid", "pagination"],
      "senderPools.fetchOperation": operation,
      "senders.list": ["senders", "invalid", "pagination"],
      "senders.fetch": ["id", "displayName", "address", "channel", "status", "tags", "createdAt", "updatedAt"],
      "senders.search": ["senders", "invalid", "pagination"],
      "senders.resolve": ["results"],
      "messages.listOperations": ["operations", "invalid", "pagination"],
      "messages.fetchOperation": operation,
      "emails.listOperations": ["operations", "invalid", "pagination"],
      "emails.fetchOperation": operation
    }
    assert.deepEqual([...results.keys()], Object.keys(keys))
    for (const [name, expected] of Object.entries(keys)) {
      assert.sameMembers(Object.keys(Object(results.get(name))), expected)
    }
  }).pipe(Effect.provide(layer)))

it.effect("the placeholders of the documentation are no resources of the emulator", () =>
  Effect.gen(function*() {
    const { client } = yield* clientOf()
    const { "senderPools.fetchOperation": fetch, "senders.list": list } = samples(client)
    assertError(yield* rejection(fetch), NotFoundError)
    assertError(yield* rejection(list), BadRequestError)
  }).pipe(Effect.provide(layer)))

it.effect("a new pool is found by its operation, and its members are iterated", () =>
  Effect.gen(function*() {
    const { senderIds } = yield* Emulator.Emulator
    const { client } = yield* clientOf()
    const members = senderIds(7)
    const { operationId } = yield* call(() =>
      client.senderPools.create({ name: "Sales", senders: members.map((senderId) => ({ senderId })) })
    )
    const { senderPools: [pool] } = yield* call(() => client.senderPools.list({ operationId }))
    assert.strictEqual(pool?.name, "Sales")
    const found = yield* call(async () => {
      const found: Array<string> = []
      for await (const { id } of client.senderPools.listSenders(pool?.id ?? "", { pageSize: 3 })) found.push(id)
      return found
    })
    assert.deepEqual(found, [...members])
  }).pipe(Effect.provide(Emulator.layer({ senders: 10, writes: { plan: { duration: Duration.zero } } }))))
