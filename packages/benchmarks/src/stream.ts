import { Console, Effect } from "effect"
import type * as Goals from "./internal/goals.ts"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"
import { pageSize, total } from "./internal/workload.ts"

const names = { client: "client, fetch", unchecked: "fetch, unchecked", zod: "fetch, zod" }

const field = [
  { name: names.client, args: ["client-fetch"] },
  { name: "client, undici", args: ["client-undici"] },
  { name: names.unchecked, args: ["unchecked"] },
  { name: "undici, unchecked", args: ["undici"] },
  { name: names.zod, args: ["zod"] },
  { name: "openapi-fetch, generated types", args: ["generated"] },
  { name: "twilio, RequestClient", args: ["twilio"] }
]

const enter = Effect.fnUntraced(function*(entry: (typeof field)[number], baseUrl: string) {
  const { args, name } = entry
  const worker = yield* Worker.start({
    name,
    file: new URL("./contestant.ts", import.meta.url),
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

export const figures = Effect.gen(function*() {
  const server = yield* Worker.startServer("static")
  const contestants = yield* Effect.forEach(field, (entry) => enter(entry, server.greeting))
  yield* Console.log(`${total.toLocaleString("en")} operations in pages of ${pageSize.toLocaleString("en")}`)
  const timings = yield* Rounds.compete(contestants, { warmUps: 2, rounds: 9 })
  yield* Console.log(
    `\n${Rounds.table(timings, { unit: "operations", count: total, against: [names.unchecked, names.zod] })}`
  )
  const medianOf = (name: string) => timings.find((timing) => timing.name === name)?.median ?? Number.NaN
  const rate = (against: string) => medianOf(against) / medianOf(names.client)
  const work = `stream ${total.toLocaleString("en")} checked operations against`
  return [
    {
      id: "P1",
      work: `${work} unchecked fetch: rate`,
      figure: rate(names.unchecked),
      better: "higher",
      goal: 0.9,
      stretch: 1
    },
    {
      id: "P2",
      work: `${work} fetch and zod: rate`,
      figure: rate(names.zod),
      better: "higher",
      goal: 1.25,
      stretch: 1.4
    }
  ] satisfies ReadonlyArray<Goals.Figure>
})
