import { Console, Effect } from "effect"
import { total } from "./internal/calls.ts"
import { compare } from "./internal/callsField.ts"
import type * as Goals from "./internal/goals.ts"

const concurrency = 50

export const figures = Effect.gen(function*() {
  const work = `fetch one operation ${total.toLocaleString("en")} times, ${concurrency} at once`
  yield* Console.log(work)
  return [{
    id: "P4",
    work: `${work}, against Effect's HttpClient: rate`,
    figure: 1 / (yield* compare({ concurrency, measure: "wall" })),
    better: "higher",
    goal: 0.6,
    stretch: 0.75
  }] satisfies ReadonlyArray<Goals.Figure>
})
