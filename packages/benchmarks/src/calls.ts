import { Console, Effect } from "effect"
import { total } from "./internal/calls.ts"
import { compare } from "./internal/callsField.ts"
import type * as Goals from "./internal/goals.ts"

export const figures = Effect.gen(function*() {
  const work = `fetch one operation ${total.toLocaleString("en")} times at once`
  yield* Console.log(work)
  return [{
    id: "P6",
    work: `${work}, against Effect's HttpClient: CPU time`,
    figure: yield* compare({ concurrency: total, measure: "cpu" }),
    better: "lower",
    goal: 1.6,
    stretch: 1.3
  }] satisfies ReadonlyArray<Goals.Figure>
})
