import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Layer, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { Agent, request } from "node:http"
import { memoryUsage } from "node:process"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"
import { pageSize, path, total } from "./internal/workload.ts"

const fetches = 2_000

const concurrency = 16

const million = 1_000_000

class Refused extends Schema.TaggedError<Refused>()("Refused", { target: Schema.String, cause: Schema.Defect() }) {}

/** Only gets the body of a response, so that the benchmark measures the server and the transport. */
type Get = (target: string) => Effect.Effect<string, Refused>

const { accountSid, authToken } = Emulator.defaultCredentials

const getInProcess = (http: HttpClient.HttpClient): Get => (target) =>
  http.execute(HttpClientRequest.basicAuth(HttpClientRequest.get(Emulator.baseUrl + target), accountSid, authToken))
    .pipe(
      Effect.flatMap((response) => response.text),
      Effect.mapError((cause) => new Refused({ target, cause }))
    )

const auth = `${accountSid}:${Redacted.value(authToken)}`

/** Each run has its own connections: the server closes those that are idle while another contestant runs. */
const over = <A, E, R>(url: string, run: (get: Get) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => run(getOver(url, new Agent({ keepAlive: true }))))

const getOver = (url: string, agent: Agent): Get => (target) =>
  Effect.callback((resume) => {
    const refuse = (cause: unknown) => resume(Effect.fail(new Refused({ target, cause })))
    const sent = request(url + target, { agent, auth }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", refuse)
      response.on("end", () => {
        if (response.statusCode === 200) resume(Effect.succeed(Buffer.concat(chunks).toString()))
        else refuse(response.statusCode)
      })
    })
    sent.on("error", refuse)
    sent.end()
    return Effect.sync(() => sent.destroy())
  })

const nextOf = (body: string): string | undefined => /"next":"([^"]+)"/.exec(body.slice(-500))?.[1]

const list = Effect.fnUntraced(function*(get: Get) {
  let token: string | undefined = ""
  while (token !== undefined) {
    const query = token === "" ? "" : `&pageToken=${encodeURIComponent(token)}`
    token = nextOf(yield* get(`${path}?pageSize=${pageSize}${query}`))
  }
})

const fetchMany = (get: Get, id: string) =>
  Effect.replicateEffect(get(`${path}/${id}`), fetches, { concurrency, discard: true })

const firstId = Effect.fnUntraced(function*(get: Get) {
  return /"id":"([^"]+)"/.exec(yield* get(`${path}?pageSize=1`))?.[1] ?? ""
})

const emulator = (operations: number) =>
  Emulator.layerHttpClient.pipe(Layer.provide(Emulator.layer({ operations })), Layer.fresh)

const megabytes = () => (memoryUsage().heapUsed / 1e6).toFixed(1)

const listMillion = Effect.gen(function*() {
  const before = megabytes()
  const start = yield* Clock.currentTimeMillis
  const get = yield* Effect.map(HttpClient.HttpClient, getInProcess)
  yield* get(`${path}?pageSize=1`)
  const made = yield* Clock.currentTimeMillis
  const afterMake = megabytes()
  yield* list(get)
  const listed = yield* Clock.currentTimeMillis
  const count = million.toLocaleString("en")
  yield* Console.log(
    [
      `an emulator of ${count} operations: first response after ${made - start} ms, listed in ${listed - made} ms,`,
      `${Math.round(million / (listed - made) * 1000).toLocaleString("en")} operations/s`,
      `heap: ${before} MB before, ${afterMake} MB with the emulator, ${megabytes()} MB after listing`
    ].join("\n")
  )
})

const program = Effect.gen(function*() {
  const static_ = yield* Worker.startServer("static")
  const server = yield* Worker.startServer("emulator", String(total))
  const inProcess = yield* Effect.map(HttpClient.HttpClient, getInProcess)
  const ids = { inProcess: yield* firstId(inProcess), onPort: yield* over(server.greeting, firstId) }
  const rounds = { warmUps: 2, rounds: 7 }
  const byId = yield* Rounds.compete([
    { name: "in process", run: fetchMany(inProcess, ids.inProcess) },
    { name: "on a port", run: over(server.greeting, (get) => fetchMany(get, ids.onPort)) }
  ], rounds)
  const pages = yield* Rounds.compete([
    { name: "in process", run: list(inProcess) },
    { name: "on a port", run: over(server.greeting, list) },
    { name: "static bodies on a port", run: over(static_.greeting, list) }
  ], rounds)
  const heading = `${fetches.toLocaleString("en")} fetches by id, ${concurrency} concurrent`
  yield* Console.log(`\n${heading}\n${Rounds.table(byId, { unit: "requests", count: fetches, against: [] })}`)
  yield* Console.log(
    `\n${total.toLocaleString("en")} operations in pages of ${pageSize.toLocaleString("en")}\n${
      Rounds.table(pages, { unit: "operations", count: total, against: ["static bodies on a port"] })
    }\n`
  )
})

program.pipe(
  Effect.provide(emulator(total)),
  Effect.andThen(Effect.provide(listMillion, emulator(million))),
  Effect.scoped,
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
