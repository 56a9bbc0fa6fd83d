import * as SenderPoolChanges from "@effect-comms/client/SenderPoolChanges"
import * as SenderPools from "@effect-comms/client/SenderPools"
import { makeDecoder, omitUndefined } from "@effect-comms/domain/Input"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import type { Tags } from "@effect-comms/domain/Tags"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import * as ExitCode from "../../ExitCode.ts"
import { UsageError } from "../../Failure.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"
import * as Resource from "../../Resource.ts"
import * as SendersFile from "../../SendersFile.ts"
import * as Ending from "../watching/ending.ts"

export interface Input {
  readonly name: Option.Option<string>
  readonly tags: Option.Option<Tags>
  readonly file: Option.Option<string>
  readonly wait: boolean
  readonly timeout: Option.Option<Duration.Duration>
  readonly dryRun: boolean
  readonly format: Option.Option<Format.Format>
}

const accepted = Format.plainShape("operationId")

const planned = Format.plainShape("action", "name", "senders", "tags")

const check = makeDecoder("SenderPools.create", "input", SenderPool.CreateInput)

const createAndWait = Effect.fnUntraced(function*(pool: SenderPool.CreateInput, { format, timeout }: Input) {
  const startedAt = DateTime.formatIso(yield* DateTime.now)
  const created = yield* SenderPoolChanges.createAndAwait(pool, {
    wait: { timeLimit: Option.getOrUndefined(timeout) }
  }).pipe(
    Effect.onInterrupt(() =>
      Effect.logInfo(`Interrupted. The pool may exist: comms pools list --start-date ${startedAt}`)
    )
  )
  yield* Format.printDocument(Resource.pool, format, created.pool)
  if ("lost" in created) {
    return yield* Effect.logWarning("The response was lost, and the pool was found by its name and creation time.")
  }
  const ending = Ending.ofOutcome(created.outcome, "none")
  const description = Ending.describe(ending)
  if (description !== undefined) yield* Handler.tell(description)
  const code = Ending.codeOf(ending)
  if (code !== ExitCode.done) return yield* new ExitCode.Ended({ code })
})

export const run = Effect.fnUntraced(function*(input: Input) {
  const senders = yield* SendersFile.gather([], input.file)
  if (senders.length > SenderPool.maxSenders.create) {
    return yield* new UsageError({
      what: `--file: A new pool can have at most ${SenderPool.maxSenders.create} Senders. Nothing was sent.`,
      why: `The file names ${senders.length}.`,
      advice: "Create the pool without --file, then add the Senders with `comms pools add`."
    })
  }
  const pool = omitUndefined({
    name: Option.getOrUndefined(input.name),
    tags: Option.getOrUndefined(input.tags),
    senders: senders.length === 0 ? undefined : senders
  })
  if (input.dryRun) {
    yield* check(pool)
    return yield* Format.printDocument(planned, input.format, {
      action: "create",
      name: pool.name ?? null,
      senders: senders.length,
      tags: Resource.tagsOf(pool.tags ?? {})
    })
  }
  yield* Effect.gen(function*() {
    if (input.wait) return yield* createAndWait(pool, input)
    const { operationId } = yield* (yield* SenderPools.SenderPools).create(pool)
    yield* Format.printDocument(accepted, input.format, { operationId })
  }).pipe(Effect.provide(Api.layerSenders))
})
