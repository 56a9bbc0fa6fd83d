import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"
import { pageSize, total } from "./internal/workload.ts"

const names = { unchecked: "fetch, unchecked", zod: "fetch, zod" }

const field = [
  { name: "client, fetch", args: ["client-fetch"] },
  { name: "client, undici", args: ["client-undici"] },
  {
    name: "client, fetch, compiled schemas",
    args: ["client-fetch"],
    flags: ["--import", "effect/schema/SchemaJITCompiler/enable"]
  },
  { name: names.unchecked, args: ["unchecked"] },
  { name: names.zod, args: ["zod"] }
]

const enter = Effect.fnUntraced(function*(entry: (typeof field)[number], baseUrl: string) {
  const { args, flags, name } = entry
  const worker = yield* Worker.start({
    name,
    file: new URL("./contestant.ts", import.meta.url),
    flags,
    args: [...args, baseUrl]
  })
  return {
    name,
    run: Effect.flatMap(
      worker.ask("go"),
      (ids) =>
        ids === String(total)
          ? Effect.void
          : Effect.fail(new Rounds.Failed({ message: `${name}: received ${ids} distinct ids instead of ${total}.` }))
    )
  }
})

const program = Effect.gen(function*() {
  const server = yield* Worker.startServer("static")
  const contestants = yield* Effect.forEach(field, (entry) => enter(entry, server.greeting))
  yield* Console.log(`${total.toLocaleString("en")} operations in pages of ${pageSize.toLocaleString("en")}`)
  const timings = yield* Rounds.compete(contestants, { warmUps: 2, rounds: 9 })
  yield* Console.log(
    `\n${Rounds.table(timings, { unit: "operations", count: total, against: [names.unchecked, names.zod] })}`
  )
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
