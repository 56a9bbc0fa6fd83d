import * as Attempts from "@effect-comms/client/Attempts"
import * as SenderPoolChanges from "@effect-comms/client/SenderPoolChanges"
import * as CommsError from "@effect-comms/domain/CommsError"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import * as ExitCode from "../../ExitCode.ts"
import * as Failure from "../../Failure.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"
import * as Resource from "../../Resource.ts"
import * as SendersFile from "../../SendersFile.ts"
import { shown } from "../../Shown.ts"
import * as StateFile from "../../StateFile.ts"
import { tellWhenInterrupted } from "../interrupted.ts"
import * as Ending from "../watching/ending.ts"
import * as Progress from "../watching/progress.ts"

export interface Input {
  readonly pool: string
  readonly senders: ReadonlyArray<string>
  readonly file: Option.Option<string>
  readonly failed: Option.Option<string>
  readonly since: Option.Option<DateTime.Utc>
  readonly timeout: Option.Option<Duration.Duration>
  readonly dryRun: boolean
  readonly format: Option.Option<Format.Format>
}

const planned = Format.plainShape("pool", "action", "add", "already")

const done = Format.plainShape("pool", "added", "already", "failed", "requests")

type Failed = SenderPoolChanges.FailedSender

const reasonOf = ({ error }: Failed): string => {
  if (error === undefined) return "The operation did not add it."
  const { what, why } = Failure.describe(error)
  return [what, ...why].join(" ")
}

const failedShape: Format.Shape<Failed> = {
  columns: [
    { name: "senderId", text: ({ senderId }) => senderId },
    { name: "error", text: ({ error }) => error?._tag ?? "NotAdded" },
    { name: "reason", text: reasonOf }
  ],
  encode: (failed) => ({
    senderId: failed.senderId,
    error: failed.error?._tag ?? "NotAdded",
    reason: reasonOf(failed)
  })
}

/** The file of what failed. It is removed if nothing did. */
const openFailed = Effect.fnUntraced(function*(path: string) {
  const format = yield* SendersFile.formatOf("failed", path)
  const file = yield* StateFile.open("failed", path)
  return (failed: ReadonlyArray<Failed>) =>
    failed.length === 0
      ? file.remove
      : Effect.flatMap(
        Stream.mkString(Format.toText(failedShape, format, false)(Stream.fromIterable(failed))),
        file.write
      )
})

const codeOf = ({ error }: Failed): number => {
  if (error === undefined) return ExitCode.incomplete
  return CommsError.isCommsError(error) ? ExitCode.failed : Ending.codeOf(Ending.ofError(error))
}

const maxReasons = 3

const describe = (failed: ReadonlyArray<Failed>, { failed: path, pool }: Input): Failure.Description => {
  const counts = new Map<string, number>()
  for (const reason of failed.map(reasonOf)) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return {
    what: `${failed.length} of the Senders are not in ${pool}.`,
    why: Array.from(counts, ([reason, count]) => `${reason} (${count} of them)`).slice(0, maxReasons),
    advice: Option.match(path, {
      onNone: () => "Run the same command again with --failed failed.csv to get their ids and reasons.",
      onSome: (path) => `${shown(path)} has their ids and reasons, and --file accepts it.`
    })
  }
}

const addAll = Effect.fnUntraced(
  function*(input: Input, senders: ReadonlyArray<{ readonly senderId: string }>) {
    const progress = yield* Progress.onStderr([input.pool], Resource.additions)
    return yield* SenderPoolChanges.addSendersAndAwait(input.pool, senders, {
      since: Option.getOrUndefined(input.since),
      wait: { timeLimit: Option.getOrUndefined(input.timeout) },
      onProgress: ({ failed, settled, total }) => progress.counted(input.pool, { failed, settled, total })
    }).pipe(Effect.provideService(Attempts.OnRetry, progress.retrying))
  },
  Effect.scoped
)

const add = Effect.fnUntraced(
  function*(input: Input, senders: ReadonlyArray<{ readonly senderId: string }>) {
    const { format, pool } = input
    const saveFailed = Option.isSome(input.failed) ? yield* openFailed(input.failed.value) : () => Effect.void
    const startedAt = DateTime.formatIso(yield* DateTime.now)
    if (Option.isSome(input.since)) {
      yield* Effect.logInfo(
        "Waiting for the operations of the interrupted run, and up to 1 minute until the pool shows their Senders."
      )
    }
    yield* Effect.gen(function*() {
      const { added, already, failed, parts } = yield* tellWhenInterrupted(
        addAll(input, senders),
        Option.isSome(input.since) ? {} : { since: startedAt }
      )
      yield* saveFailed(failed)
      yield* Format.printDocument(done, format, { pool, added, already, failed: failed.length, requests: parts.length })
      if (failed.length > 0) {
        yield* Handler.tell(describe(failed, input))
        return yield* new ExitCode.Ended({ code: Ending.worstOf(failed.map(codeOf)) })
      }
    }).pipe(Effect.provide(Api.layerSenders))
  },
  Effect.scoped
)

const plan = Effect.fnUntraced(
  function*({ format, pool }: Input, senders: ReadonlyArray<{ readonly senderId: string }>) {
    const { add, keep } = yield* SenderPoolChanges.difference(pool, senders)
    yield* Format.printDocument(planned, format, { pool, action: "add", add: add.length, already: keep })
  },
  Effect.provide(Api.layerSenders)
)

export const run = Effect.fnUntraced(function*(input: Input) {
  const senders = yield* SendersFile.gatherSome(input.senders, input.file)
  return yield* input.dryRun ? plan(input, senders) : add(input, senders)
})
