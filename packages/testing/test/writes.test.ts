import { SenderPools } from "@effect-comms/client"
import { Sender, SenderPool } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createPool, held, inProcess, onPort, refsOf, senderIds, unknownPool, unknownSender } from "./utils/pools.ts"
import { assertTag, get, moving } from "./utils/wiring.ts"

interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly path: string
  readonly body?: object
}

const recipientAddresses = [{ address: "+1", channel: "PHONE" }]

const address = { address: "team-0000000@example.com", channel: "EMAIL" }

/** A request of every endpoint that succeeds, by its call. `{pool}` and `{sender}` stand for ids. */
const requests: { readonly [call: string]: Request } = {
  "SenderPools.list": { method: "GET", path: "/v1/SenderPools" },
  "SenderPools.create": { method: "POST", path: "/v1/SenderPools", body: { name: "New" } },
  "SenderPools.fetch": { method: "GET", path: "/v1/SenderPools/{pool}" },
  "SenderPools.update": { method: "PATCH", path: "/v1/SenderPools/{pool}", body: { name: "Changed" } },
  "SenderPools.delete": { method: "DELETE", path: "/v1/SenderPools/{pool}" },
  "SenderPools.listSenders": { method: "GET", path: "/v1/SenderPools/{pool}/Senders" },
  "SenderPools.addSenders": {
    method: "POST",
    path: "/v1/SenderPools/{pool}/Senders",
    body: [{ senderId: "{other}" }]
  },
  "SenderPools.removeSender": { method: "DELETE", path: "/v1/SenderPools/{pool}/Senders/{sender}" },
  "Senders.list": { method: "GET", path: "/v1/Senders" },
  "Senders.fetch": { method: "GET", path: "/v1/Senders/{sender}" },
  "Senders.search": { method: "POST", path: "/v1/Senders/Search", body: address },
  "Senders.resolve": { method: "POST", path: "/v1/Senders/Resolve", body: { recipientAddresses } }
}

const endpoints = [...Object.values(SenderPool.endpoints), ...Object.values(Sender.endpoints)]

const calls = Object.keys(requests)

/** A name has a point, which the type of conditions says. */
const callOf = (call: string): `${string}.${string}` => {
  const [resource = "", method = ""] = call.split(".")
  return `${resource}.${method}`
}

const writes = endpoints.filter(({ readOnly }) => !readOnly).map(({ call }) => call)

const lists = ["SenderPools.list", "SenderPools.listSenders", "Senders.list", "Senders.search"]

const send = Effect.fnUntraced(function*(
  call: string,
  { other, pool, sender }: { readonly pool: string; readonly sender: string; readonly other: string },
  options?: { readonly username?: string; readonly anonymous?: boolean }
) {
  const { body, method, path } = requests[call] ?? assert.fail(call)
  const fill = (text: string) => text.replace("{pool}", pool).replace("{sender}", sender).replace("{other}", other)
  return yield* get(fill(path), { method, ...(body && { body: fill(JSON.stringify(body)) }), ...options })
})

/** The names, numbers of members and tags of all pools, when every operation is over. */
const state = Effect.gen(function*() {
  yield* TestClock.adjust("1 hour")
  return (yield* held).map(({ pool, senderIds }) => `${pool.name} ${senderIds.length}`)
})

/** What the pools are before a write, and what each write makes of them. */
const before = ["Sales 1"]

const after: { readonly [call: string]: ReadonlyArray<string> } = {
  "SenderPools.create": ["Sales 1", "New 0"],
  "SenderPools.update": ["Changed 1"],
  "SenderPools.delete": [],
  "SenderPools.addSenders": ["Sales 2"],
  "SenderPools.removeSender": ["Sales 0"]
}

/** A pool with a member, which exists before the plan of faults does. */
const stage = Effect.fnUntraced(function*(...rules: ReadonlyArray<FaultPlan.Rule>) {
  const [sender = "", other = ""] = yield* senderIds(2)
  const { poolId: pool } = yield* createPool([sender])
  yield* TestClock.adjust("1 hour")
  const { resetReport, setFaults } = yield* Emulator.Emulator
  yield* setFaults({ rules })
  yield* resetReport
  return { pool, sender, other }
})

// Tokens hold the time.
const withoutPagination = (body: string) => body.replace(/"pagination":\{[^}]*\}/, "")

const withoutTimes = (body: string) => withoutPagination(body).replace(/"\d{4}-\d{2}-[^"]*"/g, "")

const report = Effect.flatMap(Emulator.Emulator, ({ report }) => report)

it("every endpoint has a request", () => {
  assert.sameMembers(calls, endpoints.map(({ call }) => call))
  assert.sameMembers(Object.keys(after), writes)
})

describe.each([["in process", inProcess], ["on a port", onPort]] as const)("every route, %s", (_, wiring) => {
  it.effect.each(calls)("%s succeeds, and a write changes the state", (call) =>
    Effect.gen(function*() {
      const ids = yield* stage()
      const { status } = yield* send(call, ids)
      assert.strictEqual(status, writes.includes(call) ? 202 : 200)
      assert.deepEqual(yield* state, after[call] ?? before)
    }).pipe(Effect.provide(wiring())))

  it.effect.each(calls)("%s is dropped before the server processes it", (call) =>
    Effect.gen(function*() {
      const ids = yield* stage({ when: { call: callOf(call) }, do: { _tag: "Drop" } })
      assert.strictEqual((yield* Effect.flip(send(call, ids)))._tag, "HttpClientError")
      assert.deepEqual(yield* state, before)
    }).pipe(Effect.provide(wiring())))

  it.effect.each(calls)("%s is dropped after the server has processed it", (call) =>
    Effect.gen(function*() {
      const status = writes.includes(call) ? 202 : 200
      const ids = yield* stage({ when: { status }, do: { _tag: "Drop" } })
      assert.strictEqual((yield* Effect.flip(send(call, ids)))._tag, "HttpClientError")
      assert.deepEqual(yield* state, after[call] ?? before)
    }).pipe(Effect.provide(wiring())))

  it.effect.each(calls)("%s is dropped within the answer", (call) =>
    Effect.gen(function*() {
      const ids = yield* stage({ do: { _tag: "Drop", afterBytes: 10 } })
      assert.strictEqual((yield* Effect.flip(send(call, ids)))._tag, "HttpClientError")
      assert.deepEqual(yield* state, after[call] ?? before)
    }).pipe(Effect.provide(wiring())))
})

/** What a call answers under some rules. */
const answerUnder = (call: string, ...rules: ReadonlyArray<FaultPlan.Rule>) =>
  Effect.gen(function*() {
    const answer = yield* moving(Effect.flatMap(stage(...rules), (ids) => send(call, ids)), "1 second")
    assert.deepEqual(yield* state, after[call] ?? before)
    return withoutTimes(answer.body)
  }).pipe(Effect.provide(inProcess({ newest: new Date(0) }), { local: true }))

describe("every route", () => {
  it.effect.each(calls)("%s is refused by faults that answer, and the state stays", (call) =>
    Effect.gen(function*() {
      // A fault of a body needs the server's answer, but the rule after it answers instead.
      const ids = yield* stage(
        { do: { _tag: "WrongShape" } },
        { do: { _tag: "Truncate", bytes: 3 } },
        {
          when: { call: callOf(call) },
          do: { _tag: "Status", status: 429, retryAfter: 2 }
        }
      )
      const { headers, status } = yield* send(call, ids)
      assert.deepEqual([status, headers["retry-after"]], [429, "2"])
      assert.deepEqual(yield* state, before)
    }).pipe(Effect.provide(inProcess())))

  it.effect.each(calls)("%s is answered late, slowly, short and in the wrong shape", (call) =>
    Effect.gen(function*() {
      const right = yield* answerUnder(call)
      const delay: FaultPlan.Fault = { _tag: "Delay", duration: Duration.seconds(3) }
      assert.strictEqual(yield* answerUnder(call, { do: delay }), right)
      assert.strictEqual(yield* answerUnder(call, { do: { ...delay, _tag: "SlowBody", pieces: 3 } }), right)
      assert.strictEqual(yield* answerUnder(call, { do: { _tag: "Truncate", bytes: 5 } }), right.slice(0, 5))
      assert.notStrictEqual(yield* answerUnder(call, { do: { _tag: "WrongShape" } }), right)
    }))

  it.effect.each(calls)("%s needs credentials", (call) =>
    Effect.gen(function*() {
      const ids = yield* stage()
      for (const options of [{ anonymous: true }, { username: "ACwrong" }]) {
        assert.strictEqual((yield* send(call, ids, options)).status, 401)
      }
      assert.deepEqual(yield* state, before)
    }).pipe(Effect.provide(inProcess())))

  it.effect.each(calls.filter((call) => requests[call]?.path.includes("{pool}")))(
    "%s answers 404 for an unknown pool",
    (call) =>
      Effect.gen(function*() {
        const ids = yield* stage()
        assert.strictEqual((yield* send(call, { ...ids, pool: unknownPool })).status, 404)
        assert.deepEqual(yield* state, before)
      }).pipe(Effect.provide(inProcess()))
  )

  it.effect.each(calls.filter((call) => requests[call]?.path.includes("{")))(
    "%s answers 400 for a malformed id",
    (call) =>
      Effect.gen(function*() {
        const ids = yield* stage()
        assert.strictEqual((yield* send(call, { ...ids, pool: "abc", sender: "abc" })).status, 400)
        assert.deepEqual(yield* state, before)
      }).pipe(Effect.provide(inProcess()))
  )
})

const Refusal = Schema.fromJsonString(Schema.Struct({
  errors: Schema.Array(Schema.Struct({ code: Schema.Int, context: Schema.NullOr(Schema.String) }))
}))

const many = (count: number) => Array.from({ length: count }, () => ({ senderId: unknownSender }))

describe("a refused body", () => {
  const bodies: ReadonlyArray<readonly [what: string, call: string, body: unknown, contexts: ReadonlyArray<string>]> = [
    ["a malformed Sender", "SenderPools.create", { senders: [{ senderId: unknownSender }, { senderId: "x" }] }, [
      "$.senders[1].senderId"
    ]],
    ["more Senders than a pool may have", "SenderPools.create", { senders: many(10_001) }, ["$.senders"]],
    ["a name that is no text", "SenderPools.create", { name: 1 }, ["$.name"]],
    ["too long a tag", "SenderPools.update", { tags: { a: "b".repeat(257) } }, ["$.tags.a"]],
    ["a malformed member", "SenderPools.addSenders", [{ senderId: "x" }], ["$[0].senderId"]],
    ["no members", "SenderPools.addSenders", [], ["$"]],
    ["more members than a request may have", "SenderPools.addSenders", many(1001), ["$"]],
    ["an unknown channel", "Senders.search", { address: "+1", channel: "FAX" }, ["$.channel"]],
    ["no recipients", "Senders.resolve", { recipientAddresses: [] }, ["$.recipientAddresses"]]
  ]

  it.effect.each(bodies)("with %s names the field", ([, call, body, contexts]) =>
    Effect.gen(function*() {
      const { pool } = yield* stage()
      const { method, path } = requests[call] ?? assert.fail(call)
      const answer = yield* get(path.replace("{pool}", pool), { method, body: JSON.stringify(body) })
      assert.strictEqual(answer.status, 400, answer.body)
      const { errors } = yield* Schema.decodeEffect(Refusal)(answer.body)
      assert.deepEqual<unknown>(errors.map(({ context }) => context), contexts)
      assert.deepEqual(yield* state, before)
    }).pipe(Effect.provide(inProcess())))

  it.effect("that is not JSON is refused in the envelope", () =>
    Effect.gen(function*() {
      yield* stage()
      const statuses: Array<number> = []
      for (const options of [{ body: "{" }, { body: "" }, { body: "a", mediaType: "text/plain" }, {}]) {
        const answer = yield* get("/v1/SenderPools", { method: "POST", ...options })
        yield* Schema.decodeEffect(Refusal)(answer.body)
        statuses.push(answer.status)
      }
      assert.deepEqual(statuses, [400, 400, 415, 400])
      assert.deepEqual(yield* state, before)
    }).pipe(Effect.provide(inProcess())))
})

describe("pages of every list", () => {
  const loops: ReadonlyArray<FaultPlan.Fault> = [
    { _tag: "SameToken", token: "again" },
    { _tag: "TokenCycle", length: 2 }
  ]

  const cases = loops.flatMap((fault) => lists.map((call) => [call, fault] as const))

  it.effect.each(cases)("%s has loops", ([call, fault]) =>
    Effect.gen(function*() {
      const ids = yield* stage()
      yield* Effect.flatMap(SenderPools.SenderPools, ({ addSenders }) => addSenders(ids.pool, refsOf([ids.other])))
      yield* TestClock.adjust("1 hour")
      yield* Effect.flatMap(Emulator.Emulator, ({ setFaults }) => setFaults({ rules: [{ do: fault }] }))
      const first = yield* send(call, ids)
      const { pagination: { next } } = yield* Schema.decodeEffect(
        Schema.fromJsonString(Schema.Struct({ pagination: Schema.Struct({ next: Schema.String }) }))
      )(first.body)
      const { body, method, path } = requests[call] ?? assert.fail(call)
      const again = yield* get(
        path.replace("{pool}", ids.pool) + (body === undefined ? `?pageToken=${encodeURIComponent(next)}` : ""),
        { method, ...(body && { body: JSON.stringify({ ...body, pageToken: next }) }) }
      )
      assert.strictEqual(again.status, 200, again.body)
      assert.strictEqual(withoutPagination(again.body), withoutPagination(first.body))
    }).pipe(Effect.provide(inProcess())))

  it.effect.each(lists)("%s has items with an unknown status or an empty page", (call) =>
    Effect.gen(function*() {
      const ids = yield* stage({ do: { _tag: "UnknownStatus", status: "PAUSED" } })
      const { body } = yield* send(call, ids)
      assert.strictEqual(body.includes(`"status":"PAUSED"`), call !== "SenderPools.list")
      yield* Effect.flatMap(Emulator.Emulator, ({ setFaults }) => setFaults({ rules: [{ do: { _tag: "EmptyPage" } }] }))
      assert.match((yield* send(call, ids)).body, /"(?:senders|senderPools)":\[\]/)
    }).pipe(Effect.provide(inProcess())))
})

describe("the client's writes", () => {
  it.effect.each(["Drop", "within"] as const)(
    "report a lost answer, and send no second request: %s",
    (kind) =>
      Effect.gen(function*() {
        const fault: FaultPlan.Fault = kind === "Drop" ? { _tag: "Drop" } : { _tag: "Drop", afterBytes: 20 }
        yield* stage({ when: { call: "SenderPools.create", status: 202 }, do: fault })
        const { create } = yield* SenderPools.SenderPools
        assertTag(yield* moving(Effect.flip(create({ name: "New" }))), "OutcomeUnknown")
        const { summary } = yield* report
        assert.deepEqual([summary.requests, summary.dropped], [1, 1])
        assert.deepEqual(yield* state, ["Sales 1", "New 0"])
      }).pipe(Effect.provide(inProcess()))
  )

  it.effect("retry 429, and make a pool once", () =>
    Effect.gen(function*() {
      yield* stage({ when: { nth: [1, 2] }, do: { _tag: "Status", status: 429, retryAfter: 2 } })
      const { create } = yield* SenderPools.SenderPools
      yield* moving(create({ name: "New" }))
      const { requests } = yield* report
      assert.deepEqual(requests.map(({ attempt, call, early }) => [call, attempt, early]), [
        [1, 1, false],
        [1, 2, false],
        [1, 3, false]
      ])
      assert.deepEqual(yield* state, ["Sales 1", "New 0"])
    }).pipe(Effect.provide(inProcess())))

  it.effect("have different calls in the report if their bodies differ, without a trace", () =>
    Effect.gen(function*() {
      yield* stage({ when: { nth: [1, 2] }, do: { _tag: "Status", status: 503, retryAfter: 1 } })
      const fetch = yield* Emulator.fetch
      const { accountSid, authToken } = Emulator.defaultCredentials
      const headers = {
        authorization: `Basic ${btoa(`${accountSid}:${Redacted.value(authToken)}`)}`,
        "content-type": "application/json"
      }
      for (const name of ["A", "B", "A", "B", "A"]) {
        yield* Effect.promise(() =>
          fetch(`${Emulator.baseUrl}/v1/SenderPools`, { method: "POST", headers, body: JSON.stringify({ name }) })
        )
      }
      const { requests } = yield* report
      assert.deepEqual(requests.map(({ attempt, call, status }) => [`${call}.${attempt}`, status]), [
        ["1.1", 503],
        ["2.1", 503],
        ["1.2", 202],
        ["2.2", 202],
        ["3.1", 202]
      ])
      assert.deepEqual(yield* state, ["Sales 1", "A 0", "B 0", "A 0"])
    }).pipe(Effect.provide(inProcess())))
})

describe("options of writes", () => {
  it.effect.each(
    [
      [{ writes: { tags: "append" } }, "writes.tags"],
      [{ writes: { plan: { duration: Duration.zero, total: 3 } } }, "writes.plan.total"],
      [{ writes: { deleteTwice: 500 } }, "writes.deleteTwice"],
      [{ senders: -1 }, "senders"]
    ] as const
  )("%j is refused and names the field", ([options, field]) =>
    Effect.gen(function*() {
      const make: (options: never) => ReturnType<typeof Emulator.make> = Emulator.make
      assert.strictEqual((yield* Effect.flip(make(options as never))).field, field)
    }))
})
