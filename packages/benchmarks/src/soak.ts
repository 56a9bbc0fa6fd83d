import { SenderPoolOperations } from "@effect-comms/client"
import { Operation } from "@effect-comms/domain"
import { FaultPlan, OperationPlan, Report } from "@effect-comms/testing"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Duration, Effect, Fiber, Schedule, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { layerClient } from "./internal/client.ts"
import * as Rounds from "./internal/rounds.ts"
import { Delivered, Held, operations } from "./internal/soak.ts"
import * as Worker from "./internal/worker.ts"

// The time for which the server stays hostile after the initial operations were delivered.
const hostileFor = Duration.seconds(5)

// The duration of the operations that the benchmark creates.
const workFor = Duration.seconds(5)

// The rounds on a calm server in which the feed must deliver the rest.
const calmRounds = 3

const limit = Duration.seconds(90)

const decodeDelivered = Schema.decodeEffect(Delivered)

const decodeHeld = Schema.decodeEffect(Held)

const makeAdmin = Effect.fnUntraced(function*(url: string) {
  const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
  const to = (path: string) => `${url}/_emulator/${path}`
  const create = HttpClientRequest.schemaBodyJson(Schema.toCodecJson(OperationPlan.OperationPlan))
  const setFaults = HttpClientRequest.schemaBodyJson(Schema.toCodecJson(FaultPlan.FaultPlan))
  return {
    create: (plan: OperationPlan.OperationPlan) =>
      Effect.flatMap(create(HttpClientRequest.post(to("operations")), plan), client.execute),
    setFaults: (plan: FaultPlan.FaultPlan) =>
      Effect.flatMap(setFaults(HttpClientRequest.put(to("faults")), plan), client.execute),
    report: Effect.flatMap(client.get(to("report")), HttpClientResponse.schemaBodyJson(Report.Report))
  }
})

/** Lists the final states of all operations. */
const truthAt = (url: string) =>
  Stream.unwrap(Effect.map(SenderPoolOperations.SenderPoolOperations, ({ stream }) => stream({ pageSize: 1000 }))).pipe(
    Stream.runFold(
      () => new Map<string, string>(),
      (truth, operation) => truth.set(operation.id, Operation.version(operation))
    ),
    Effect.provide(layerClient({ baseUrl: url }))
  )

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const program = Effect.gen(function*() {
  const server = yield* Worker.startServer("soak")
  const feed = yield* Worker.start({
    name: "The feed",
    file: new URL("./soakFeed.ts", import.meta.url),
    flags: ["--expose-gc"],
    args: [server.greeting]
  })
  const held = Effect.flatMap(feed.ask("held"), decodeHeld)
  const admin = yield* makeAdmin(server.greeting)
  const last = new Map<string, string>()
  let changes = 0
  let doubled = 0

  const take = Effect.gen(function*() {
    for (const [id, version] of yield* decodeDelivered(yield* feed.ask("next"))) {
      if (last.get(id) === version) doubled++
      last.set(id, version)
      changes++
    }
  })

  const takeFor = (duration: Duration.Duration, until: () => boolean = () => false) =>
    Effect.repeat(take, { schedule: Schedule.forever.pipe(Schedule.upTo({ duration })), until })

  const atStart = yield* held
  yield* feed.ask("begin")
  let created = 0
  const creating = yield* Effect.forkChild(Effect.repeat(
    Effect.tap(admin.create({ total: 10, duration: workFor, failed: 1 }), () => Effect.sync(() => created++)),
    Schedule.spaced("100 millis")
  ))
  const [took] = yield* Effect.timed(takeFor(limit, () => last.size >= operations))
  yield* takeFor(hostileFor)
  yield* Fiber.interrupt(creating)
  const whileHostile = yield* held
  yield* admin.setFaults(FaultPlan.calm)
  yield* takeFor(workFor)
  const { rounds } = yield* held
  yield* Effect.repeat(Effect.andThen(take, held), {
    schedule: Schedule.forever.pipe(Schedule.upTo({ duration: limit })),
    until: (held) => held.rounds >= rounds + calmRounds
  })
  const { summary } = yield* admin.report
  const truth = yield* truthAt(server.greeting)
  const atEnd = yield* held
  const lost = Array.from(truth).filter(([id, version]) => last.get(id) !== version).length

  const rows: ReadonlyArray<readonly [string, string]> = [
    ["operations", truth.size.toLocaleString("en")],
    ["created during the run", created.toLocaleString("en")],
    ["initial operations after", `${Duration.toSeconds(took).toFixed(0)} s`],
    ["rounds", String(atEnd.rounds)],
    ["changes delivered", changes.toLocaleString("en")],
    ["requests", summary.requests.toLocaleString("en")],
    ["lost", String(lost)],
    ["doubled", String(doubled)],
    ["heap at the start", megabytes(atStart.heap)],
    ["heap at the end", megabytes(atEnd.heap)],
    ["tracked while hostile", whileHostile.known.toLocaleString("en")],
    ["tracked at the end", atEnd.known.toLocaleString("en")]
  ]
  yield* Console.log(
    `A feed over ${operations.toLocaleString("en")} operations on a hostile server\n${Rounds.columns(rows)}\n`
  )
  if (lost > 0 || doubled > 0) {
    return yield* new Rounds.Failed({
      message: `The feed lost ${lost} operations or their last states, and delivered ${doubled} states twice.`
    })
  }
})

program.pipe(
  Effect.scoped,
  Effect.provide([NodeServices.layer, NodeHttpClient.layerUndici]),
  NodeRuntime.runMain
)
