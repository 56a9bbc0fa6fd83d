/**
 * The main job: every operation, streamed through the real client, with progress and a summary.
 *
 * Without arguments it runs against an embedded server on a loopback socket that answers some requests with 429, 409 and
 * 503. With `--live` it does the same, read-only, against the API, with the credentials of the environment.
 */
import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import {
  Clock,
  Config,
  Console,
  Duration,
  Effect,
  Layer,
  Option,
  Random,
  Ref,
  Schema,
  Stdio,
  Stream,
  Terminal
} from "effect"
import { Command, Flag } from "effect/cli"
import { HttpClient } from "effect/http"

const total = 3000

const pageSize = 100

const faults: FaultPlan.FaultPlan = {
  rules: [
    { name: "slow", do: { _tag: "Delay", duration: Duration.millis(40) } },
    { name: "too many", when: { nth: [4] }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
    { name: "not ready", when: { nth: [10] }, do: { _tag: "Status", status: 409, retryAfter: 1 } },
    { name: "unavailable", when: { nth: [16] }, do: { _tag: "Status", status: 503, retryAfter: { date: 2 } } },
    { name: "broken", when: { nth: [27] }, do: { _tag: "Drop", afterBytes: 500 } }
  ]
}

/** Something was lost, or came twice. */
class Incomplete extends Schema.TaggedError<Incomplete>()("Incomplete", {
  lost: Schema.Int,
  doubled: Schema.Int
}) {
  override get message() {
    return `${this.lost} operations were lost and ${this.doubled} came twice.`
  }
}

/** Counts what the client sends, from the outside. */
const countRequests = (requests: Ref.Ref<number>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.tapRequest(() => Ref.update(requests, (n) => n + 1)))
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

const bar = (share: number) => {
  const width = 30
  const done = Math.floor(share * width)
  return `[${"#".repeat(done)}${"-".repeat(width - done)}]`
}

const makeProgress = Effect.gen(function*() {
  const terminal = yield* Terminal.Terminal
  const stdio = yield* Stdio.Stdio
  const isTerminal = yield* stdio.stdoutIsTerminal
  const printed = yield* Ref.make(0)
  return (seen: number, expected: Option.Option<number>) => {
    const text = Option.match(expected, {
      onNone: () => `${seen} operations`,
      onSome: (expected) => `${bar(seen / expected)} ${seen} of ${expected} operations`
    })
    if (isTerminal) return Effect.ignore(terminal.display(`\r${text}`))
    // Where nobody can see a line move, one a second's worth of work is enough.
    return Effect.flatMap(
      Ref.get(printed),
      (last) => seen - last < 500 ? Effect.void : Effect.andThen(Ref.set(printed, seen), Console.log(text))
    )
  }
})

const run = Effect.fn("demo")(function*(
  requests: Ref.Ref<number>,
  expected: Option.Option<number>,
  report: Effect.Effect<ReadonlyArray<readonly [string, string]>>
) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const progress = yield* makeProgress
  const started = yield* Clock.currentTimeMillis
  const ids = new Set<string>()
  const byStatus = new Map<string, number>()
  let seen = 0
  let pages = 0
  yield* operations.streamPages({ pageSize }).pipe(
    Stream.runForEach((page) => {
      pages++
      for (const { id, status } of page.operations) {
        seen++
        ids.add(id)
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      }
      return progress(seen, expected)
    })
  )
  const sent = yield* Ref.get(requests)
  const took = Duration.millis((yield* Clock.currentTimeMillis) - started)
  yield* Console.log(`\n${
    table([
      ...[...byStatus].map(([status, count]) => [status, String(count)] as const),
      ["operations", String(seen)],
      ["requests", String(sent)],
      ["repeats", String(sent - pages)],
      ...yield* report,
      ["took", Duration.format(took)]
    ])
  }`)
  const lost = Option.match(expected, { onNone: () => 0, onSome: (expected) => expected - ids.size })
  const doubled = seen - ids.size
  if (lost !== 0 || doubled !== 0) return yield* new Incomplete({ lost, doubled })
  yield* Console.log("Nothing was lost, and nothing came twice.")
})

const table = (rows: ReadonlyArray<readonly [string, string]>) =>
  rows.map(([name, value]) => `${name.padEnd(14)}${value.padStart(12)}`).join("\n")

const embedded = Effect.gen(function*() {
  const requests = yield* Ref.make(0)
  const seed = yield* Random.nextIntBetween(1, 1_000_000)
  yield* Effect.gen(function*() {
    const { url } = yield* Emulator.Address
    yield* Console.log(`Streaming ${total} operations from the emulator at ${url}, which refuses some requests.`)
    const emulator = yield* Emulator.Emulator
    const report = Effect.map(emulator.report, ({ summary }): ReadonlyArray<readonly [string, string]> => [
      ["waited", Duration.format(summary.waited)],
      ["too early", String(summary.early)]
    ])
    yield* run(requests, Option.some(total), report).pipe(
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
})

const live = Effect.gen(function*() {
  const requests = yield* Ref.make(0)
  const baseUrl = yield* Config.String("TWILIO_COMMS_BASE_URL").pipe(Config.withDefault(CommsClient.defaultBaseUrl))
  yield* Console.log(`Streaming every operation of the account from ${baseUrl}. Nothing is changed.`)
  yield* run(requests, Option.none(), Effect.succeed([])).pipe(
    Effect.provide(
      SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layerConfig),
        Layer.provide(countRequests(requests))
      )
    )
  )
})

const demo = Command.make("demo", {
  live: Flag.Boolean("live").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Read from the API, with the credentials of the environment, in the emulator's stead")
  )
}, (flags) => flags.live ? live : embedded).pipe(
  Command.withDescription("Streams SenderPool operations through the client")
)

const describe = (error: unknown) =>
  error instanceof Config.ConfigError
    ? "The credentials are not complete. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and " +
      `TWILIO_API_SECRET, or leave out --live. ${error.message}`
    : error instanceof Error
    ? error.message
    : String(error)

demo.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.tapError((error) => Console.error(`\n${describe(error)}`)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
