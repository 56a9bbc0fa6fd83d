import { RetryPolicy, SenderPoolOperations, SenderPools } from "@effect-comms/client"
import { Checkpoint, CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  advance,
  type Answer,
  answer,
  assertTag,
  endless,
  even,
  html,
  json,
  layerScript,
  layerScriptWith,
  lost,
  operation,
  refused,
  sent,
  sentCount,
  silent
} from "./utils/script.ts"

const root = "https://comms.twilio.com/v1/SenderPools"
const operationId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"
const poolId = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"
const senderId = "comms_sender_01h9krwprkeee8fzqspvwy6nq8"

const accepted = { operationId, operationLocation: `${root}/Operations/${operationId}` }

const changed = { resourceId: poolId, resourceLocation: `${root}/${poolId}` }

const pool = {
  id: poolId,
  name: "MarketingCampaignPool",
  tags: { environment: "production", region: "us-east-1" },
  createdAt: "2024-01-15T09:30:00Z",
  updatedAt: "2024-04-10T12:45:00Z"
}

const sender = {
  id: senderId,
  displayName: "Sales",
  address: "+15550000001",
  channel: "SMS",
  status: "ACTIVATED",
  tags: {},
  createdAt: "2024-01-15T09:30:00Z",
  updatedAt: "2024-04-10T12:45:00Z"
}

const pagination = { next: null, self: "eyJwYWdlIjowfQ==" }

const page = (ids: ReadonlyArray<string>, next: string | null) =>
  json({ senders: ids.map((id) => ({ ...sender, id })), pagination: { next, self: "self" } })

const using = <A, E>(f: (pools: SenderPools.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(SenderPools.SenderPools, f)

const requests = Effect.map(
  sent,
  (sent) => sent.map(({ body, method, url }) => [method, url.href, ...(body === undefined ? [] : [JSON.parse(body)])])
)

interface Example {
  readonly name: string
  readonly answer: Answer
  readonly call: (pools: SenderPools.Service) => Effect.Effect<unknown, unknown>
  readonly expected: unknown
  readonly request: ReadonlyArray<unknown>
}

// The examples of the documentation, and what the client makes of them.
const examples: ReadonlyArray<Example> = [
  {
    name: "create",
    answer: json(accepted, 202, { location: accepted.operationLocation }),
    call: ({ create }) => create({ name: "Sales Leads - APAC", senders: undefined, tags: { region: "APAC" } }),
    expected: accepted,
    request: ["POST", root, { name: "Sales Leads - APAC", tags: { region: "APAC" } }]
  },
  {
    name: "fetch",
    answer: json(pool),
    call: ({ fetch }) => Effect.map(fetch(poolId), ({ createdAt, name }) => [name, DateTime.formatIso(createdAt)]),
    expected: ["MarketingCampaignPool", "2024-01-15T09:30:00.000Z"],
    request: ["GET", `${root}/${poolId}`]
  },
  {
    name: "list",
    answer: json({ senderPools: [pool], pagination: { next: "eyJwYWdlIjoxfQ==", self: "eyJwYWdlIjowfQ==" } }),
    call: ({ list }) =>
      Effect.map(list({ startDate: "2024-01-15", operationId, pageSize: 20 }), ({ pagination, senderPools }) => [
        pagination.next,
        senderPools.map(({ id, tags }) => [id, tags["region"]])
      ]),
    expected: ["eyJwYWdlIjoxfQ==", [[poolId, "us-east-1"]]],
    request: ["GET", `${root}?startDate=2024-01-15T00%3A00%3A00.000Z&operationId=${operationId}&pageSize=20`]
  },
  {
    name: "update",
    answer: json(changed, 202, { location: changed.resourceLocation }),
    call: ({ update }) => update(poolId, { name: "B", tags: {} }),
    expected: changed,
    request: ["PATCH", `${root}/${poolId}`, { name: "B", tags: {} }]
  },
  {
    name: "delete",
    answer: json(changed, 202),
    call: (pools) => pools.delete(poolId),
    expected: changed,
    request: ["DELETE", `${root}/${poolId}`]
  },
  {
    name: "delete without a body",
    answer: answer(204),
    call: (pools) => pools.delete(poolId),
    expected: {},
    request: ["DELETE", `${root}/${poolId}`]
  },
  {
    name: "addSenders",
    answer: json({ operationId, operationLocation: `${root}/${poolId}/Senders/Operations/${operationId}` }, 202),
    call: ({ addSenders }) => Effect.map(addSenders(poolId, [{ senderId }]), ({ operationId }) => operationId),
    expected: operationId,
    request: ["POST", `${root}/${poolId}/Senders`, [{ senderId }]]
  },
  {
    name: "addSenders with the id in a header",
    answer: answer(202, "", { "Operation-Id": operationId, location: "https://example.com/" }),
    call: ({ addSenders }) => addSenders(poolId, [{ senderId }]),
    expected: { operationId, operationLocation: "https://example.com/" },
    request: ["POST", `${root}/${poolId}/Senders`, [{ senderId }]]
  },
  {
    name: "listSenders",
    answer: json({ senders: [{ ...sender, displayName: null, channel: "FAX" }], pagination }),
    call: ({ listSenders }) =>
      Effect.map(
        listSenders({ senderPoolId: poolId, channel: "SMS", status: "ACTIVATED" }),
        ({ senders }) => senders.map(({ channel, displayName, id }) => [id, channel, displayName])
      ),
    expected: [[senderId, "FAX", null]],
    request: ["GET", `${root}/${poolId}/Senders?channel=SMS&status=ACTIVATED`]
  },
  {
    name: "removeSender",
    answer: html(200, "<p>Removed</p>"),
    call: ({ removeSender }) => removeSender(poolId, senderId),
    expected: {},
    request: ["DELETE", `${root}/${poolId}/Senders/${senderId}`]
  }
]

describe("the documented examples", () => {
  it.effect.each(examples)("of $name", ({ answer, call, expected, request }) =>
    Effect.gen(function*() {
      const value = yield* using(call)
      assert.deepEqual<unknown>(Array.isArray(value) || typeof value !== "object" ? value : { ...value }, expected)
      assert.deepEqual(yield* requests, [request])
    }).pipe(Effect.provide(layerScript(answer))))
})

describe("input", () => {
  const senders = Array.from({ length: 10_001 }, () => ({ senderId }))
  const bad = (at: number) => senders.slice(0, 100).map((ref, n) => n === at ? { senderId: "comms_sender_x" } : ref)

  it.effect.each<
    [field: string, call: (pools: SenderPools.Service) => Effect.Effect<unknown, { readonly _tag: string }>]
  >([
    ["input.senders[17].senderId", ({ create }) => create({ senders: bad(17) })],
    ["input.senders", ({ create }) => create({ senders })],
    ["input.tags.a b", ({ create }) => create({ tags: { "a b": "c" } })],
    ["input.tags", ({ update }) => update(poolId, { tags: Object.fromEntries(bad(0).map((_, n) => [`k${n}`, "v"])) })],
    ["senderPoolId", (pools) => pools.delete("")],
    ["senderPoolId", ({ fetch }) => fetch(`${poolId}/Senders`)],
    ["senders", ({ addSenders }) => addSenders(poolId, senders.slice(0, 1_001))],
    ["senders[0].senderId", ({ addSenders }) => addSenders(poolId, [{ senderId: poolId }])],
    ["senderId", ({ removeSender }) => removeSender(poolId, "")],
    ["operationId", ({ list }) => list({ operationId: poolId })],
    ["senderPoolId", ({ listSenders }) => listSenders({ senderPoolId: "x" })],
    ["senderPoolId", ({ streamSenders }) => Stream.runDrain(streamSenders({ senderPoolId: "x" }))],
    ["pageSize", ({ stream }) => Stream.runDrain(stream({ pageSize: 0 }))]
  ])("is rejected for %s before anything is sent", ([field, call]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(using(call))
      assert.instanceOf(error, CommsError.InvalidInput)
      if (!(error instanceof CommsError.InvalidInput)) return
      assert.strictEqual(error.field, field)
      assert.isBelow(error.message.length, 500)
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))

  it.effect("names every problem in the error, and ten of them in its message", () =>
    Effect.gen(function*() {
      const input = { senders: Array.from({ length: 10_000 }, (_, n) => ({ senderId: String(n) })) }
      const error = assertTag(yield* Effect.flip(using(({ create }) => create(input))), "InvalidInput")
      assert.lengthOf(error.issues, 10_000)
      assert.include(error.message, "input.senders[9].senderId")
      assert.notInclude(error.message, "input.senders[10].senderId")
      assert.include(error.message, "9990 more problems.")
    }).pipe(Effect.provide(layerScript())))
})

const failure = (context: string) => json({ errors: [{ code: 21617, message: "No.", infoUrl: "/x", context }] }, 400)

describe("an error whose context points into the body", () => {
  it.effect.each<
    [context: string, call: (pools: SenderPools.Service) => Effect.Effect<unknown, SenderPools.Errors["addSenders"]>]
  >([
    ["$[1].senderId", ({ addSenders }) => addSenders(poolId, [{ senderId: `${senderId}0` }, { senderId }])],
    ["$.senders[0]", ({ create }) => create({ senders: [{ senderId }] })]
  ])("names the Sender at %s", ([context, call]) =>
    Effect.gen(function*() {
      const error = assertTag(yield* Effect.flip(using(call)), "BadRequest")
      assert.strictEqual(error.errors[0]?.value, senderId)
      assert.include(error.message, `(21617 at ${context} with "${senderId}", `)
    }).pipe(Effect.provide(layerScript(failure(context)))))
})

describe("a write", () => {
  const create = using(({ create }) => create({ name: "A" }))
  const ok = json(accepted, 202)

  it.effect.each<[name: string, answer: Answer]>([
    ["429", refused(429)],
    ["429 with Retry-After", refused(429, { "retry-after": "2" })],
    ["409 with Retry-After", refused(409, { "retry-after": "2" })],
    ["503 with Retry-After", refused(503, { "retry-after": "2" })]
  ])("is retried after %s", ([, answer]) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(create)
      yield* advance("3 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).operationId, operationId)
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide([layerScript(answer, ok), even])))

  it.effect.each<[tag: string, answer: Answer]>([
    ["Conflict", refused(409)],
    ["ServiceUnavailable", refused(503)],
    ["InternalServerError", refused(500)],
    ["InternalServerError", refused(500, { "retry-after": "1" })],
    ["UnexpectedStatus", refused(404)],
    ["UnexpectedStatus", refused(413, { "retry-after": "1" })],
    ["BadRequest", refused(400)]
  ])("is not retried after %s", ([tag, answer]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(create))._tag, tag)
      assert.strictEqual(yield* sentCount, 1)
    }).pipe(Effect.provide(layerScript(answer))))

  it.effect.each<[reason: string, answer: Answer]>([
    ["TransportFailure", lost(new Error("socket hang up"))],
    ["UnexpectedStatus", html(502, "Bad gateway")],
    ["UnexpectedStatus", html(504, "", { "retry-after": "1" })],
    ["UnexpectedStatus", html(408, "")],
    ["InvalidResponse", html(200, "<p>Sign in</p>")],
    ["InvalidResponse", json({}, 202)]
  ])(
    "whose response was lost (%s) fails with OutcomeUnknown and is not retried",
    ([reason, answer]) =>
      Effect.gen(function*() {
        const error = assertTag(yield* Effect.flip(create), "OutcomeUnknown")
        assert.strictEqual(error.reason._tag, reason)
        assert.strictEqual(error.call, "SenderPools.create")
        assert.deepEqual([error.method, error.url, error.isRetryable], ["POST", root, false])
        assert.lengthOf(error.attempts ?? [], 1)
        assert.include(error.message, "SenderPools.create may or may not have happened.")
        assert.include(error.message, "List the SenderPools that were created since then")
        assert.strictEqual(yield* sentCount, 1)
      }).pipe(Effect.provide(layerScript(answer)))
  )

  it.effect.each<[name: string, answer: Answer]>([["no response", silent], ["half a response", endless]])(
    "whose attempt times out with %s fails with OutcomeUnknown",
    ([, answer]) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Effect.flip(create))
        yield* advance("31 seconds")
        const { reason } = assertTag(yield* Fiber.join(fiber), "OutcomeUnknown")
        assert.strictEqual(assertTag(reason, "TransportFailure").reason, "Timeout")
        assert.strictEqual(yield* sentCount, 1)
      }).pipe(Effect.provide(layerScript(answer)))
  )

  it.effect("whose call times out in flight fails with OutcomeUnknown", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(create))
      yield* advance("6 seconds")
      assertTag(yield* Fiber.join(fiber), "OutcomeUnknown")
    }).pipe(Effect.provide(layerScriptWith({ retry: { callTimeout: "5 seconds" } })(silent))))

  it.effect("is not retried after a lost response by any policy", () =>
    Effect.gen(function*() {
      const always = { ...RetryPolicy.standard, while: () => true }
      const error = yield* Effect.flip(create).pipe(Effect.provideService(RetryPolicy.CurrentRetryPolicy, always))
      assertTag(error, "OutcomeUnknown")
      assert.strictEqual(yield* sentCount, 1)
    }).pipe(Effect.provide(layerScript(lost(new Error("reset"))))))

  it.effect("fails with the API's error when the retries end", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(create))
      yield* TestClock.adjust("1 minute")
      assertTag(yield* Fiber.join(fiber), "TooManyRequests")
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide([layerScriptWith({ retry: { maxAttempts: 2 } })(refused(429), refused(429)), even])))
})

describe("a stream of the Senders of a pool", () => {
  const read = Checkpoint.fromJson(Checkpoint.ListCheckpoint)
  const write = Checkpoint.toJson(Checkpoint.ListCheckpoint)

  it.effect("sends the filters to the pool with each page, and resumes from an error", () =>
    Effect.gen(function*() {
      const ids = yield* using(({ streamSenders }) =>
        streamSenders({ senderPoolId: poolId, channel: "SMS" }).pipe(
          Stream.catchTag("InternalServerError", ({ position }) => streamSenders(position)),
          Stream.map(({ id }) => id),
          Stream.runCollect
        )
      )
      assert.deepEqual<ReadonlyArray<string>>(ids, ["a", "b"])
      assert.deepEqual(yield* requests, [
        ["GET", `${root}/${poolId}/Senders?channel=SMS`],
        ["GET", `${root}/${poolId}/Senders?channel=SMS&pageToken=t`],
        ["GET", `${root}/${poolId}/Senders?channel=SMS&pageToken=t`]
      ])
    }).pipe(Effect.provide(layerScript(page(["a"], "t"), refused(500), page(["b"], null)))))

  it.effect("resumes in the same pool from a checkpoint", () =>
    Effect.gen(function*() {
      const { streamSenders } = yield* SenderPools.SenderPools
      const saved: Array<string> = []
      yield* streamSenders({ senderPoolId: poolId }, {
        prefetch: 0,
        checkpoint: (checkpoint) => Effect.sync(() => saved.push(write(checkpoint)))
      }).pipe(Stream.take(2), Stream.runDrain)
      const rest = yield* Stream.runCollect(streamSenders(yield* read(saved[0] ?? "")))
      assert.deepEqual<ReadonlyArray<string>>(rest.map(({ id }) => id), ["b"])
      assert.strictEqual((yield* sent).at(-1)?.url.href, `${root}/${poolId}/Senders?pageToken=t`)
    }).pipe(Effect.provide(layerScript(page(["a"], "t"), page(["b"], null), page(["b"], null)))))
})

// The documentation prints operation ids that its own pattern rejects.
it.effect.each(["comms_operation_01h9ksxq9v7b2m4r5t6y7z8a9", "comms_operation_8qn6ywvpsqzf8eeekrpwrk9h10"])(
  "%s from a 202 can be passed on",
  (operationId) =>
    Effect.gen(function*() {
      const pools = yield* SenderPools.SenderPools
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const accepted = yield* pools.create({})
      const outcome = yield* operations.awaitCompletion(accepted.operationId)
      const { senderPools } = yield* pools.list({ operationId: accepted.operationId })
      assert.deepEqual([outcome.operation.id, senderPools.map(({ id }) => id)], [operationId, [poolId]])
    }).pipe(Effect.provide(layerScript(
      json({ operationId }, 202),
      json({ ...operation, id: operationId }),
      json({ senderPools: [pool], pagination })
    )))
)
