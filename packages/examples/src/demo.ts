/**
 * Creates a pool of 3,000 Senders with the real client, streams operations, and waits for one.
 *
 * By default it runs against an embedded emulator that answers some requests with 429, 409 and 503. With `--live` it
 * streams from the API, with the credentials of the environment, and changes nothing.
 */
import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Config, Console, Duration, Effect, Layer, Option, Random, Ref } from "effect"
import { Command, Flag } from "effect/cli"
import * as CreatePool from "./internal/createPool.ts"
import { countRequests, streamAll } from "./internal/streamAll.ts"
import { waitForOne } from "./internal/waitForOne.ts"

const total = 3000

const faults: FaultPlan.FaultPlan = {
  rules: [
    { name: "slow", do: { _tag: "Delay", duration: Duration.millis(40) } },
    { name: "too many", when: { nth: [4] }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
    { name: "not ready", when: { nth: [10] }, do: { _tag: "Status", status: 409, retryAfter: 1 } },
    { name: "unavailable", when: { nth: [16] }, do: { _tag: "Status", status: 503, retryAfter: { date: 2 } } },
    { name: "broken", when: { nth: [27] }, do: { _tag: "Drop", afterBytes: 500 } }
  ]
}

const intro = `This demo takes less than 20 seconds, and needs neither an account nor a network. It shows:
  1. a pool that gets 3000 Senders with three requests, and the Senders that failed,
  2. a stream that delivers ${total} operations, although the server rejects some requests,
  3. a wait for an operation that is interrupted halfway, and resumes from its checkpoint.
`

const next = `
What next?
  npx -y pnpm@12 comms operations list --emulator   lists operations in a table
  npx -y pnpm@12 demo --live                        streams the operations of your account, and changes nothing
  README.md                                         has the first program, and how to test it`

const embedded = Effect.gen(function*() {
  yield* Console.log(intro)
  const requests = yield* Ref.make(0)
  const seed = yield* Random.nextIntBetween(1, 1_000_000)
  yield* Effect.provide(CreatePool.salesPool, CreatePool.layer)
  yield* Effect.gen(function*() {
    const { url } = yield* Emulator.Address
    yield* Console.log(`\nStreaming ${total} operations from the emulator at ${url}, which rejects some requests.`)
    const emulator = yield* Emulator.Emulator
    const report = Effect.map(emulator.report, ({ summary }): ReadonlyArray<readonly [string, string]> => [
      ["waited", Duration.format(summary.waited)],
      ["too early", String(summary.early)]
    ])
    yield* Effect.gen(function*() {
      yield* streamAll(requests, Option.some(total), report)
      const { id } = yield* emulator.create({ total: 400, failed: 12, duration: Duration.millis(2000) })
      yield* waitForOne(id)
    }).pipe(
      Effect.provide(
        SenderPoolOperations.layer.pipe(
          Layer.provide(CommsClient.layer({ baseUrl: url, credentials: Emulator.defaultCredentials })),
          Layer.provide(countRequests(requests))
        )
      )
    )
  }).pipe(
    Effect.provide(Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer({ operations: total, faults, seed }))))
  )
  yield* Console.log(next)
})

const live = Effect.gen(function*() {
  const requests = yield* Ref.make(0)
  const baseUrl = yield* Config.String("TWILIO_COMMS_BASE_URL").pipe(Config.withDefault(CommsClient.defaultBaseUrl))
  yield* Console.log(`Streaming every operation of the account from ${baseUrl}. Nothing will be changed.`)
  yield* streamAll(requests, Option.none(), Effect.succeed([])).pipe(
    Effect.provide(
      SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layerConfig()),
        Layer.provide(countRequests(requests))
      )
    )
  )
})

const demo = Command.make(
  "demo",
  {
    live: Flag.Boolean("live").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Stream from the API instead of the emulator, with the credentials of the environment")
    )
  },
  Effect.fnUntraced(function*(flags) {
    if (flags.live) return yield* live
    return yield* embedded
  })
).pipe(
  Command.withDescription("Create a pool with the client, stream SenderPool operations, and wait for one")
)

const describe = (error: unknown) =>
  error instanceof Config.ConfigError
    ? "The credentials are incomplete. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and " +
      `TWILIO_API_SECRET, or omit --live. ${error.message}`
    : error instanceof Error
    ? error.message
    : String(error)

demo.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.onInterrupt(() => Console.error("\nInterrupted. No account was changed.")),
  Effect.tapError((error) => Console.error(`\n${describe(error)}`)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
