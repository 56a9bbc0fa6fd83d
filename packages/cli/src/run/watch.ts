import * as Attempts from "@effect-comms/client/Attempts"
import * as Outcome from "@effect-comms/domain/Outcome"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"
import * as Resource from "../Resource.ts"
import { tellWhenInterrupted } from "./interrupted.ts"
import * as Ending from "./watching/ending.ts"
import * as Progress from "./watching/progress.ts"
import * as Waits from "./watching/waits.ts"

export interface Input {
  readonly ids: ReadonlyArray<string>
  readonly timeout: Option.Option<Duration.Duration>
  readonly interval: Option.Option<Duration.Duration>
  readonly tolerate: Outcome.Tolerance
  readonly checkpoint: Option.Option<string>
  readonly format: Option.Option<Format.Format>
}

// Here ndjson is a stream of events, so it is never the default.
const formatOf = (asked: Option.Option<Format.Format>) =>
  Effect.map(
    Format.resolve(asked),
    ({ format }): Format.Format => Option.isNone(asked) && format === "ndjson" ? "json" : format
  )

const watchAll = Effect.fnUntraced(function*(
  ids: ReadonlyArray<string>,
  format: Format.Format,
  waits: Waits.Waits,
  { interval, timeout, tolerate }: Input
) {
  const { operations, ...resource } = yield* Resource.current
  const progress = yield* Progress.make(ids, resource, format)
  const options = {
    timeLimit: Option.getOrUndefined(timeout),
    interval: Option.getOrUndefined(Option.map(interval, (each) => ({ initial: each, factor: 1, max: each })))
  }
  const watch = (id: string) =>
    operations.watchEvents(waits.of(id) ?? id, options).pipe(
      Stream.mapError((error) =>
        error._tag === "CheckpointMismatch" || error._tag === "InvalidInput" ? waits.refuse(error) : error
      ),
      Stream.tap((event) => {
        const saved = Effect.flatMap(event.checkpoint, waits.save)
        return event._tag === "Started" ? saved : Effect.andThen(saved, progress.happened(id, event))
      }),
      Stream.filterMap((event) =>
        "snapshot" in event
          ? Result.fromNullishOr(Outcome.fromOperation(event.snapshot.operation), () => undefined)
          : Result.failVoid
      ),
      Stream.runLast,
      Effect.flatMap(Effect.fromOption),
      Effect.map((outcome) => Ending.ofOutcome(outcome, tolerate)),
      Effect.catchTag(
        ["PollsFailed", "OperationNotFound", "StatusNotKnown", "Stalled", "WaitTimeout"],
        (error) => Effect.succeed(Ending.ofError(error))
      ),
      Effect.tap(progress.ended)
    )
  return yield* Effect.forEach(ids, watch, { concurrency: "unbounded" }).pipe(
    Effect.provideService(Attempts.OnRetry, progress.retrying)
  )
}, Effect.scoped)

export const run = Effect.fnUntraced(
  function*(input: Input) {
    const ids = [...new Set(input.ids)]
    const resource = yield* Resource.current
    const shape = Ending.shapeOf(resource.shape)
    const waits = yield* Waits.open(input.checkpoint)
    const format = yield* formatOf(input.format)
    const endings = yield* tellWhenInterrupted(watchAll(ids, format, waits, input))
    if (endings.every(Ending.isOver)) yield* waits.end(ids)
    const [only, ...others] = endings
    if (format !== "ndjson" && only !== undefined) {
      yield* others.length === 0
        ? Format.printDocument(shape, Option.some(format), only)
        : Format.print(shape, Option.some(format), Stream.fromIterable(endings))
    }
    for (const ending of endings) {
      const description = Ending.describe(ending)
      if (description !== undefined) yield* Handler.tell(description)
    }
    const code = Ending.worstOf(endings.map(Ending.codeOf))
    if (code !== ExitCode.done) return yield* new ExitCode.Ended({ code })
  },
  Effect.scoped,
  Effect.provide(Api.layer)
)
