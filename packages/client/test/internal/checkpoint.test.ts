import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Checkpoint } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { Digest, WebCrypto } from "effect/crypto"
import { TestClock } from "effect/testing"
import { anonymous, check, stamp } from "../../src/internal/checkpoint.ts"
import { assertTag, credentials, id, json, layerHttp, layerScript, operation, page } from "../utils/script.ts"

const Mark = Schema.Struct({ ...Checkpoint.Bound.fields, at: Schema.Int })

const other = { ...anonymous, account: "1".repeat(64) }

const make = (identity: Checkpoint.Identity, resource = "Things") =>
  Effect.map(stamp(identity, resource), (bound): typeof Mark.Type => ({ ...bound, at: 3 }))

const accept = check({
  call: "Things.resume",
  schema: Mark,
  identity: Effect.succeed(anonymous),
  resource: "Things"
})

const partOf = (input: unknown, maxAge?: Duration.Duration) =>
  Effect.map(Effect.flip(accept(input, maxAge)), (error) => assertTag(error, "CheckpointMismatch").part)

describe("check", () => {
  it.effect("accepts a checkpoint of its own, decoded and from JSON", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 0, 15))
      const mark = yield* make(anonymous)
      const stored: unknown = JSON.parse(Checkpoint.toJson(Mark)(mark))
      assert.strictEqual((yield* accept(mark)).at, 3)
      assert.strictEqual((yield* accept(stored)).at, 3)
    }))

  it.effect("reports the part that does not match", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* partOf(yield* make(other)), "account")
      assert.strictEqual(yield* partOf(yield* make({ ...anonymous, baseUrl: "1".repeat(64) })), "baseUrl")
      assert.strictEqual(yield* partOf(yield* make(anonymous, "Others")), "resource")
      assert.strictEqual(yield* partOf({ ...(yield* make(anonymous)), version: 2 }), "version")
    }))

  it.effect("rejects a malformed checkpoint with its fields", () =>
    Effect.gen(function*() {
      const error = assertTag(yield* Effect.flip(accept({ version: 1, resource: "" })), "InvalidInput")
      assert.strictEqual(error.call, "Things.resume")
      assert.includeMembers(error.issues.map(({ field }) => field), ["resource", "account", "at"])
    }))

  it.effect("accepts a checkpoint up to seven days old", () =>
    Effect.gen(function*() {
      const mark = yield* make(anonymous)
      yield* TestClock.adjust("7 days")
      assert.strictEqual((yield* accept(mark)).at, 3)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* partOf(mark), "age")
      assert.strictEqual((yield* accept(mark, Duration.days(8))).at, 3)
      assert.strictEqual(yield* partOf(mark, Duration.days(6)), "age")
    }))

  it.effect("accepts a checkpoint from the future", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 0, 15))
      const mark = yield* make(anonymous)
      yield* TestClock.setTime(Date.UTC(2023, 0, 15))
      assert.strictEqual((yield* accept(mark)).at, 3)
    }))
})

const identityOf = (options: Partial<CommsClient.Options>) =>
  Effect.flatMap(CommsClient.CommsClient, ({ identity }) => identity).pipe(
    Effect.provide(CommsClient.layer({ credentials, ...options }).pipe(Layer.provide(layerHttp([]))), { local: true })
  )

const withoutDigests = Effect.provideService(
  WebCrypto.WebCrypto,
  new Proxy(globalThis.crypto, { get: () => undefined })
)

const key = { apiKey: Redacted.make("SK1"), apiSecret: Redacted.make("s3cr3t") }

describe("identity", () => {
  it.effect("consists of digests of the base URL and the user name", () =>
    Effect.gen(function*() {
      const digest = yield* Digest.Digest
      const sha256 = (text: string) => digest.digestHex(Digest.sha256, new TextEncoder().encode(text))
      assert.deepEqual(yield* identityOf({}), {
        baseUrl: yield* sha256("effect-comms/base-url:https://comms.twilio.com"),
        account: yield* sha256(`effect-comms/account:${credentials.accountSid}`)
      })
    }).pipe(Effect.provide(Digest.layerWebCrypto)))

  it.effect("depends on the normalized base URL and the user name, but not on the secret", () =>
    Effect.gen(function*() {
      const base = yield* identityOf({})
      assert.deepEqual(yield* identityOf({ baseUrl: "https://comms.twilio.com/" }), base)
      assert.deepEqual(
        yield* identityOf({ credentials: { ...credentials, authToken: Redacted.make("rotated") } }),
        base
      )
      const elsewhere = yield* identityOf({ baseUrl: "https://comms.twilio.com/eu" })
      assert.notStrictEqual(elsewhere.baseUrl, base.baseUrl)
      assert.strictEqual(elsewhere.account, base.account)
      const byKey = yield* identityOf({ credentials: key })
      assert.notStrictEqual(byKey.account, base.account)
      assert.strictEqual(byKey.baseUrl, base.baseUrl)
    }))

  it.effect("is computed once per client", () =>
    Effect.gen(function*() {
      const { identity } = yield* CommsClient.make({ credentials })
      assert.strictEqual(yield* withoutDigests(identity), yield* identity)
    }).pipe(Effect.provide(layerHttp([]))))

  it.effect("fails without WebCrypto, before a list that needs it sends anything", () =>
    Effect.gen(function*() {
      const { identity } = yield* CommsClient.CommsClient
      assert.include((yield* Effect.flip(identity)).message, "checkpoint: Checkpoints need WebCrypto")
      const { changes, stream } = yield* SenderPoolOperations.SenderPoolOperations
      const failed = yield* Effect.flip(Stream.runDrain(stream({}, { checkpoint: () => Effect.void })))
      assert.strictEqual(assertTag(failed, "InvalidInput").field, "checkpoint")
      const feed = yield* Effect.flip(Stream.runDrain(changes({ since: "2024-04-05" })))
      assert.strictEqual(assertTag(feed, "InvalidInput").field, "checkpoint")
    }).pipe(Effect.provide(layerScript()), withoutDigests))

  it.effect("is not needed by calls, lists and waits", () =>
    Effect.gen(function*() {
      const { awaitCompletion, fetch, stream, watch } = yield* SenderPoolOperations.SenderPoolOperations
      assert.strictEqual((yield* fetch(id)).id, id)
      assert.strictEqual(yield* Stream.runCount(stream()), 1)
      assert.strictEqual((yield* awaitCompletion(id))._tag, "Completed")
      const [snapshot] = yield* Stream.runCollect(watch(id))
      assert.strictEqual(snapshot?.operation.id, id)
      const error = yield* Effect.flip(snapshot?.checkpoint ?? Effect.die("no snapshot"))
      assert.strictEqual(error.field, "checkpoint")
    }).pipe(
      Effect.provide(layerScript(json(operation), page([id], null), json(operation), json(operation))),
      withoutDigests
    ))
})
