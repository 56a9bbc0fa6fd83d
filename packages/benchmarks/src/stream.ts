import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"
import { pageSize, total } from "./internal/workload.ts"

class WrongCount extends Schema.TaggedError<WrongCount>()("WrongCount", {
  name: Schema.String,
  ids: Schema.String
}) {
  override get message(): string {
    return `${this.name}: received ${this.ids} distinct ids instead of ${total}.`
  }
}

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
      (ids) => ids === String(total) ? Effect.void : Effect.fail(new WrongCount({ name, ids }))
    )
  }
})

const program = Effect.gen(function*() {
  const server = yield* Worker.start({ name: "The server", file: new URL("./server.ts", import.meta.url) })
  const contestants = yield* Effect.forEach(field, (entry) => enter(entry, server.greeting))
  yield* Console.log(`${total.toLocaleString("en")} operations in pages of ${pageSize.toLocaleString("en")}`)
  const timings = yield* Rounds.compete(contestants, { warmUps: 2, rounds: 9 })
  yield* Console.log(
    `\n${Rounds.table(timings, { unit: "operations", count: total, against: [names.unchecked, names.zod] })}`
  )
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
