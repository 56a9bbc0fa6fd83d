import * as SenderPoolChanges from "@effect-comms/client/SenderPoolChanges"
import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import * as ExitCode from "../../ExitCode.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"
import * as SendersFile from "../../SendersFile.ts"
import { confirm } from "../confirmed.ts"
import { tellWhenInterrupted } from "../interrupted.ts"

export interface Input {
  readonly pool: string
  readonly senders: ReadonlyArray<string>
  readonly file: Option.Option<string>
  readonly yes: boolean
  readonly dryRun: boolean
  readonly format: Option.Option<Format.Format>
}

const planned = Format.plainShape("pool", "action", "remove", "absent")

const done = Format.plainShape("pool", "removed", "absent", "failed")

const concurrency = 8

export const run = Effect.fnUntraced(function*(input: Input) {
  const { format, pool } = input
  const senders = yield* SendersFile.gatherSome(input.senders, input.file)
  if (!input.dryRun) yield* confirm(`Remove ${senders.length} Senders from ${pool}?`, input.yes)
  yield* Effect.gen(function*() {
    const pools = yield* SenderPools.SenderPools
    const { add, keep } = yield* SenderPoolChanges.difference(pool, senders)
    const absent = add.length
    if (input.dryRun) {
      return yield* Format.printDocument(planned, format, { pool, action: "remove", remove: keep, absent })
    }
    const missing = new Set<string>(add)
    let failed = 0
    const removeOne = ({ senderId }: { readonly senderId: string }) =>
      Effect.catch(pools.removeSender(pool, senderId), (error) => {
        failed++
        return Handler.report(error)
      })
    yield* tellWhenInterrupted(
      Effect.forEach(senders.filter(({ senderId }) => !missing.has(senderId)), removeOne, {
        concurrency,
        discard: true
      })
    )
    yield* Format.printDocument(done, format, { pool, removed: keep - failed, absent, failed })
    if (failed > 0) return yield* new ExitCode.Ended({ code: ExitCode.failed })
  }).pipe(Effect.provide(Api.layerSenders))
})
