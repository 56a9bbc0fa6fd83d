import { SenderPoolOperation } from "@effect-comms/domain"
import { Console, Effect, Result, Schema } from "effect"
import type * as Goals from "./internal/goals.ts"
import * as Rounds from "./internal/rounds.ts"
import { pages } from "./internal/sample.ts"
import { pageSize, total } from "./internal/workload.ts"

const texts = pages.map((page) => JSON.stringify(page))

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.toCodecJson(SenderPoolOperation.family.Page)))

const sizeOf = ({ operations }: { readonly operations: ReadonlyArray<unknown> }): number => operations.length

const parseAll = Effect.sync(() => {
  for (const text of texts) JSON.parse(text)
})

// Keeps no page, as the other does not.
const decodeAll = Effect.sync(() =>
  texts.reduce((count, text) => count + Result.match(decode(text), { onFailure: () => 0, onSuccess: sizeOf }), 0)
).pipe(
  Effect.filterOrFail(
    (count) => count === total,
    () => new Rounds.Failed({ message: "A page was not decoded." })
  )
)

export const figures = Effect.gen(function*() {
  const [parse, page] = yield* Rounds.measure([Rounds.time(parseAll), Rounds.time(decodeAll)], {
    warmUps: 3,
    rounds: 15
  })
  if (parse === undefined || page === undefined) return []
  yield* Console.log(
    `a page of ${pageSize.toLocaleString("en")}: JSON.parse ${(parse / texts.length).toFixed(3)} ms, ` +
      `decoding ${(page / texts.length).toFixed(3)} ms`
  )
  const figure: Goals.Figure = {
    id: "P3",
    work: "decode one page of 1,000 against JSON.parse: time",
    figure: page / parse,
    better: "lower",
    goal: 1.5,
    stretch: 1.3
  }
  return [figure]
})
