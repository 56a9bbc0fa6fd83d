import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import * as ExitCode from "../../ExitCode.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"
import * as Resource from "../../Resource.ts"
import { confirm } from "../confirmed.ts"
import * as Rows from "../rows.ts"

export interface Input {
  readonly ids: ReadonlyArray<string>
  readonly yes: boolean
  readonly dryRun: boolean
  readonly format: Option.Option<Format.Format>
}

const shape = Format.plainShape("id", "action")

export const run = Effect.fnUntraced(function*(input: Input) {
  const ids = [...new Set(input.ids)]
  if (!input.dryRun) yield* confirm(`Delete ${ids.length === 1 ? ids[0] : `${ids.length} pools`}?`, input.yes)
  yield* Effect.gen(function*() {
    const pools = yield* SenderPools.SenderPools
    if (input.dryRun) return yield* Rows.fetch(Resource.pool, { ids, format: input.format }, pools.fetch)
    let hasFailed = false
    const rows = Stream.fromIterable(ids).pipe(
      Stream.mapEffect((id) =>
        pools.delete(id).pipe(
          Effect.map(() => [{ id, action: "accepted" }]),
          Effect.catch((error) => {
            hasFailed = true
            return Effect.as(Handler.report(error), [])
          })
        )
      ),
      Stream.flattenIterable
    )
    yield* Format.print(shape, input.format, rows)
    if (hasFailed) return yield* new ExitCode.Ended({ code: ExitCode.failed })
  }).pipe(Effect.provide(Api.layerSenders))
})
