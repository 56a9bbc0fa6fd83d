import { SenderPools, Senders } from "@effect-comms/client"
import { Sender } from "@effect-comms/domain"
import type { Emulator } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { createPool, inProcess, senderIds, unknownPool, unknownSender } from "./utils/pools.ts"
import { assertTag } from "./utils/wiring.ts"

const newest = Date.UTC(2024, 0, 15)

const senders = Senders.Senders

const all = Effect.flatMap(senders, ({ stream }) => Stream.runCollect(stream({ pageSize: 1000 })))

const allWith = (options: Emulator.Options) =>
  Effect.provide(all, inProcess({ newest: new Date(newest), ...options }), { local: true })

const isSenderId = Schema.is(Sender.SenderId)

const isKnown = Schema.is(Sender.KnownChannel)

const channels = Sender.KnownChannel.literals

describe("the inventory of Senders", () => {
  it.effect("is determined by the seed, with valid ids and every channel", () =>
    Effect.gen(function*() {
      const one = yield* allWith({ senders: 1500, seed: 7 })
      assert.lengthOf(one, 1500)
      assert.isTrue(one.every(({ id }) => isSenderId(id)))
      assert.strictEqual(new Set(one.map(({ id }) => id)).size, 1500)
      assert.sameMembers([...new Set(one.map(({ channel }) => channel))], [...channels])
      assert.sameMembers([...new Set(one.map(({ status }) => status))], ["ACTIVATED", "DEACTIVATED"])
      assert.isTrue(one.some(({ displayName }) => displayName === null))
      assert.deepEqual(yield* allWith({ senders: 1500, seed: 7 }), one)
      const ids = new Set(one.map(({ id }) => id))
      const other = yield* allWith({ senders: 1500, seed: 8 })
      assert.isTrue(other.every(({ id }) => !ids.has(id)))
      const operations = yield* allWith({ senders: 1500, seed: 7, operations: 5 })
      assert.deepEqual(operations, one)
    }))

  it.effect("is spread over the period, and empty by default", () =>
    Effect.gen(function*() {
      const times = (yield* allWith({ senders: 7, span: "7 days" })).map(({ createdAt }) =>
        DateTime.toEpochMillis(createdAt)
      )
      assert.deepEqual(times, Array.from({ length: 7 }, (_, day) => newest - (6 - day) * 86_400_000))
      assert.deepEqual(yield* allWith({ senders: undefined }), [])
    }))

  it.effect("is fetched by id and listed by its filters", () =>
    Effect.gen(function*() {
      const { fetch, list, stream } = yield* senders
      const whole = yield* all
      for (const sender of whole.slice(0, 30)) assert.deepEqual(yield* fetch(sender.id), sender)
      for (const id of [unknownSender, whole[0]?.id + "z"]) assertTag(yield* Effect.flip(fetch(id)), "NotFound")
      assert.deepEqual(yield* Stream.runCollect(stream({ pageSize: 33 })), whole)
      for (const channel of channels) {
        for (const status of Sender.KnownSenderStatus.literals) {
          const expected = whole.filter((sender) => sender.channel === channel && sender.status === status)
          assert.deepEqual(yield* Stream.runCollect(stream({ channel, status, pageSize: 5 })), expected)
        }
      }
      const range = { startDate: whole[40]?.createdAt, endDate: whole[50]?.createdAt }
      assert.deepEqual((yield* list(range)).senders, whole.slice(40, 50))
    }).pipe(Effect.provide(inProcess({ senders: 500 }))))

  it.effect("has the ids that a test asks for, and no others", () =>
    Effect.gen(function*() {
      const ids = (yield* all).map(({ id }) => id)
      assert.deepEqual(yield* senderIds(3), ids.slice(0, 3))
      assert.deepEqual(yield* senderIds(1000), ids)
    }).pipe(Effect.provide(inProcess({ senders: 100 }))))
})

describe("a search", () => {
  it.effect("finds every Sender by its address and channel", () =>
    Effect.gen(function*() {
      const { search } = yield* senders
      const whole = yield* all
      for (const { address, channel } of whole) {
        if (!isKnown(channel)) return assert.fail(channel)
        const expected = whole.filter((sender) => sender.address === address && sender.channel === channel)
        assert.deepEqual((yield* search({ address, channel, pageSize: 1000 })).senders, expected)
      }
      const phone = whole.find(({ channel }) => channel === "SMS")
      for (const address of ["+15550999999", "nonsense", `${phone?.address}0`, "team-0000000@example.org"]) {
        assert.deepEqual((yield* search({ address, channel: "SMS" })).senders, [])
        assert.deepEqual((yield* search({ address, channel: "EMAIL" })).senders, [])
      }
      assert.deepEqual((yield* search({ address: phone?.address ?? "", channel: "RCS" })).senders, [])
    }).pipe(Effect.provide(inProcess({ senders: 250 }))))

  it.effect("has pages, whose tokens belong to the search", () =>
    Effect.gen(function*() {
      const { list, search, streamSearch } = yield* senders
      const address = "team-0000100@example.com"
      const expected = (yield* all).filter((sender) => sender.address === address)
      assert.isAbove(expected.length, 4)
      const params = { address, channel: "EMAIL", pageSize: 2 } as const
      assert.deepEqual(yield* Stream.runCollect(streamSearch(params)), expected)
      const active = expected.filter(({ status }) => status === "ACTIVATED")
      assert.deepEqual(yield* Stream.runCollect(streamSearch({ ...params, status: "ACTIVATED" })), active)
      const pageToken = (yield* search(params)).pagination.next ?? ""
      assertTag(yield* Effect.flip(search({ ...params, address: "team-0000000@example.com", pageToken })), "BadRequest")
      assertTag(yield* Effect.flip(list({ pageToken })), "BadRequest")
    }).pipe(Effect.provide(inProcess({ senders: 250 }))))
})

const channelsOf = (results: ReadonlyArray<Sender.Resolution>) =>
  results.map(({ from, priority, to }) => [from.channel, to.channel, priority])

describe("a resolution", () => {
  const recipientAddresses = [
    { address: "+4470000", channel: "PHONE" },
    { address: "jo@example.com", channel: "EMAIL" }
  ] as const

  it.effect("has at most ten activated Senders, by the priority of their channels", () =>
    Effect.gen(function*() {
      const { resolve } = yield* senders
      const whole = yield* all
      const channels = { priority: [{ channel: "EMAIL", priority: 1 }, { channel: "RCS", priority: 5 }] } as const
      const results = yield* resolve({ recipientAddresses, channels })
      assert.lengthOf(results, 10)
      assert.isTrue(results.every(({ from }) =>
        whole.some(({ address, id, status }) =>
          id === from.senderId && address === from.address && status === "ACTIVATED"
        )
      ))
      assert.deepEqual(channelsOf(results.slice(0, 1)), [["EMAIL", "EMAIL", 1]])
      const two = yield* resolve({ recipientAddresses, channels: { ...channels, filterIn: ["SMS", "RCS"] } })
      assert.deepEqual([
        ...new Set(two.map(({ from }) =>
          from.channel
        ))
      ], ["RCS"])
      assert.deepEqual(channelsOf(two.slice(0, 1)), [["RCS", "PHONE", 5]])
      const sms = yield* resolve({ recipientAddresses, channels: { ...channels, filterIn: ["SMS"] } })
      assert.deepEqual(new Set(channelsOf(sms).map(String)), new Set(["SMS,PHONE,6"]))
      assert.deepEqual(yield* resolve({ recipientAddresses, channels: { filterIn: ["PUSH"] } }), [])
    }).pipe(Effect.provide(inProcess({ senders: 500 }))))

  it.effect("of a pool has only its members", () =>
    Effect.gen(function*() {
      const { resolve } = yield* senders
      const members = (yield* all).filter(({ channel }) => channel === "SMS").slice(5, 8)
      const { poolId: senderPoolId } = yield* createPool(members.map(({ id }) => id))
      const request = resolve({ senderPoolId, recipientAddresses })
      assert.deepEqual(yield* request, [])
      yield* TestClock.adjust("1 hour")
      const expected = members.filter(({ status }) => status === "ACTIVATED").map(({ id }) => id)
      assert.deepEqual((yield* request).map(({ from }) => from.senderId), expected)
      yield* Effect.flatMap(SenderPools.SenderPools, (pools) => pools.delete(senderPoolId))
      assertTag(yield* Effect.flip(request), "NotFound")
      assertTag(yield* Effect.flip(resolve({ senderPoolId: unknownPool, recipientAddresses })), "NotFound")
    }).pipe(Effect.provide(inProcess())))
})
