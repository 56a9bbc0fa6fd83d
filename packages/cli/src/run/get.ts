import type { Operation } from "@effect-comms/domain/Operation"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"
import * as Resource from "../Resource.ts"

export interface Input {
  readonly ids: ReadonlyArray<string>
  readonly format: Option.Option<Format.Format>
}

const concurrency = 8

export const run = Effect.fnUntraced(function*({ format, ids }: Input) {
  const { operations, shape } = yield* Resource.current
  const [first] = ids
  if (first !== undefined && ids.length === 1) {
    return yield* Format.printDocument(shape, format, yield* operations.fetch(first))
  }
  let missing = false
  const fetch = (id: string) =>
    operations.fetch(id).pipe(
      Effect.map((operation): ReadonlyArray<Operation> => [operation]),
      Effect.catchTag("NotFound", (error) => {
        missing = true
        return Effect.as(Handler.report(error), [])
      })
    )
  const rows = Stream.fromIterable(ids).pipe(Stream.mapEffect(fetch, { concurrency }), Stream.flattenIterable)
  yield* Format.print(shape, format, rows)
  if (missing) return yield* new ExitCode.Ended({ code: ExitCode.failed })
}, Effect.provide(Api.layer))
