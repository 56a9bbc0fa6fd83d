import { Senders } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { advance, even, json, layerScript, lost, sent, sentCount } from "./utils/script.ts"

const root = "https://comms.twilio.com/v1/Senders"
const senderId = "comms_sender_01h9krwprkeee8fzqspvwy6nq8"
const poolId = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"

const sender = {
  id: senderId,
  displayName: "Sales",
  address: "+15550000001",
  channel: "SMS",
  status: "DEACTIVATED",
  tags: { region: "APAC" },
  createdAt: "2024-01-15T09:30:00Z",
  updatedAt: "2024-04-10T12:45:00Z"
}

const page = (ids: ReadonlyArray<string>, next: string | null) =>
  json({ senders: ids.map((id) => ({ ...sender, id })), pagination: { next, self: "self" } })

const using = <A, E>(f: (senders: Senders.Service) => Effect.Effect<A, E>) => Effect.flatMap(Senders.Senders, f)

const requests = Effect.map(
  sent,
  (sent) => sent.map(({ body, method, url }) => [method, url.href, ...(body === undefined ? [] : [JSON.parse(body)])])
)

const address = { address: "+15550000001", channel: "SMS" } as const

const recipient = { address: "+15550000002", channel: "PHONE" } as const

describe("fetch and list", () => {
  it.effect("send their parameters", () =>
    Effect.gen(function*() {
      const { displayName, status, tags } = yield* using(({ fetch }) => fetch(senderId))
      assert.deepEqual<unknown>([displayName, status, { ...tags }], ["Sales", "DEACTIVATED", { region: "APAC" }])
      const { senders } = yield* using(({ list }) => list())
      assert.deepEqual<ReadonlyArray<string>>(senders.map(({ id }) => id), ["a"])
      yield* using(({ list }) => list({ channel: "EMAIL", status: "ACTIVATED", endDate: "2024-01-15" }))
      assert.deepEqual(yield* requests, [
        ["GET", `${root}/${senderId}`],
        ["GET", root],
        ["GET", `${root}?endDate=2024-01-15T00%3A00%3A00.000Z&channel=EMAIL&status=ACTIVATED`]
      ])
    }).pipe(Effect.provide(layerScript(json(sender), page(["a"], null), page([], null)))))

  it.effect("stream every page", () =>
    Effect.gen(function*() {
      const all = yield* using(({ stream }) => Stream.runCollect(stream({ pageSize: 2 })))
      assert.deepEqual<ReadonlyArray<string>>(all.map(({ id }) => id), ["a", "b", "c"])
      const pages = yield* using(({ streamPages }) => Stream.runCount(streamPages()))
      assert.strictEqual(pages, 1)
    }).pipe(Effect.provide(layerScript(page(["a", "b"], "t"), page(["c"], null), page([], null)))))
})

describe("search", () => {
  it.effect("sends its parameters and its paging in the body", () =>
    Effect.gen(function*() {
      yield* using(({ search }) => search({ ...address, status: "ACTIVATED", pageToken: "a+/=", pageSize: 5 }))
      const found = yield* using(({ streamSearch }) => Stream.runCollect(streamSearch(address)))
      assert.deepEqual<ReadonlyArray<string>>(found.map(({ id }) => id), ["a", "b"])
      assert.deepEqual(yield* requests, [
        ["POST", `${root}/Search`, { ...address, status: "ACTIVATED", pageToken: "a+/=", pageSize: 5 }],
        ["POST", `${root}/Search`, address],
        ["POST", `${root}/Search`, { ...address, pageToken: "t" }]
      ])
    }).pipe(Effect.provide(layerScript(page([], null), page(["a"], "t"), page(["b"], null)))))

  it.effect("resumes at the position of an error", () =>
    Effect.gen(function*() {
      const { streamSearch } = yield* Senders.Senders
      const error = yield* Effect.flip(Stream.runDrain(streamSearch(address)))
      assert.deepEqual<unknown>({ ...error.position.filters }, address)
      assert.deepEqual((yield* Stream.runCollect(streamSearch(error.position))).map(({ id }) => String(id)), ["b"])
    }).pipe(Effect.provide(layerScript(page(["a"], "t"), json({}, 500), page(["b"], null)))))

  it.effect("is retried after a lost response, since it only reads", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(using(({ search }) => search(address)))
      yield* advance("1 second")
      assert.lengthOf((yield* Fiber.join(fiber)).senders, 1)
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide([layerScript(lost(new Error("reset")), page(["a"], null)), even])))
})

describe("resolve", () => {
  const results = [{
    from: { senderId, displayName: null, channel: "RCS", address: "rcs:agent" },
    to: recipient,
    priority: 1
  }]

  it.effect("sends the pool, the recipients and the channels", () =>
    Effect.gen(function*() {
      const input = {
        senderPoolId: poolId,
        recipientAddresses: [recipient],
        channels: { filterIn: ["SMS", "RCS"], priority: [{ channel: "SMS", priority: 2 }] }
      } as const
      const [best, ...more] = yield* using(({ resolve }) => resolve(input))
      assert.deepEqual<unknown>([best?.from.senderId, best?.priority, more.length], [senderId, 1, 0])
      assert.deepEqual(yield* requests, [["POST", `${root}/Resolve`, input]])
    }).pipe(Effect.provide(layerScript(json({ results })))))

  it.effect("names the recipient that an error points to", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(using(({ resolve }) => resolve({ recipientAddresses: [recipient] })))
      assert.include(error.message, "at $.recipientAddresses[0].address with \"+15550000002\"")
    }).pipe(
      Effect.provide(
        layerScript(
          json(
            { errors: [{ code: 21614, message: "No.", infoUrl: "", context: "$.recipientAddresses[0].address" }] },
            400
          )
        )
      )
    ))
})

it.effect.each<[field: string, call: (senders: Senders.Service) => Effect.Effect<unknown, { readonly _tag: string }>]>([
  ["senderId", ({ fetch }) => fetch("")],
  ["senderId", ({ fetch }) => fetch(poolId)],
  ["channel", ({ list }) => list(JSON.parse("{\"channel\":\"FAX\"}"))],
  ["address", ({ search }) => search({ ...address, address: "" })],
  ["address", ({ streamSearch }) => Stream.runDrain(streamSearch({ ...address, address: "" }))],
  ["input.recipientAddresses", ({ resolve }) => resolve({ recipientAddresses: [] })],
  ["input.senderPoolId", ({ resolve }) => resolve({ recipientAddresses: [recipient], senderPoolId: senderId })]
])("input is rejected for %s before anything is sent", ([field, call]) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(using(call))
    assert.instanceOf(error, CommsError.InvalidInput)
    assert.strictEqual(error instanceof CommsError.InvalidInput ? error.field : undefined, field)
    assert.strictEqual(yield* sentCount, 0)
  }).pipe(Effect.provide(layerScript())))
