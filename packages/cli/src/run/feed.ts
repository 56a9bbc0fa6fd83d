import type * as Feed from "@effect-comms/client/Feed"
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import { FeedCheckpoint } from "@effect-comms/domain/FeedCheckpoint"
import type { Operation } from "@effect-comms/domain/Operation"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as Api from "../Api.ts"
import { UsageError } from "../Failure.ts"
import * as Format from "../Format.ts"
import * as Resource from "../Resource.ts"
import { shown } from "../Shown.ts"
import * as StateFile from "../StateFile.ts"
import { tellWhenInterrupted } from "./interrupted.ts"

export interface Input {
  readonly since: Option.Option<DateTime.Utc>
  readonly state: Option.Option<string>
  readonly interval: Option.Option<Duration.Duration>
}

const flag = "state"

const read = Checkpoint.fromJson(FeedCheckpoint)

const write = Checkpoint.toJson(FeedCheckpoint)

const toLines = ({ encode }: Format.Shape<Operation>) =>
  Format.toText<Feed.Change<Operation>>(
    { columns: [], encode: ({ kind, operation }) => ({ kind, operation: encode(operation) }) },
    "ndjson",
    false
  )

// Completes when the text has left this process. If the reader closes the pipe, the process ends.
const print = (text: string) =>
  Effect.callback<void>((resume) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resume(Effect.void)
    })
  })

const open = Effect.fnUntraced(function*(path: string) {
  const file = yield* StateFile.open(flag, path)
  const refuse = StateFile.refuse(flag, file)
  const checkpoint = file.text === undefined ? undefined : yield* Effect.mapError(read(file.text), refuse)
  return { checkpoint, refuse, save: (checkpoint: FeedCheckpoint) => file.write(`${write(checkpoint)}\n`) }
})

const none = {
  checkpoint: undefined,
  refuse: <E>(error: E): E => error,
  save: () => Effect.void
}

const begin = Effect.fnUntraced(function*(since: Option.Option<DateTime.Utc>) {
  if (Option.isSome(since)) return since.value
  return yield* new UsageError({
    what: "A feed needs --since. Nothing was sent.",
    why: "There is no saved state to resume from.",
    advice: "Add --since with a date or an age, such as --since 2h."
  })
})

export const run = Effect.fnUntraced(
  function*({ interval, since, state }: Input) {
    const { operations, shape } = yield* Resource.current
    const { checkpoint, refuse, save } = yield* Option.match(state, {
      onNone: () => Effect.succeed(none),
      onSome: open
    })
    // Closed while printed changes are not yet in the state file.
    const settled = yield* Latch.make(true)
    let isStopping = false
    const options = {
      interval: Option.getOrUndefined(interval),
      checkpoint: (checkpoint: FeedCheckpoint) => Effect.andThen(save(checkpoint), settled.open)
    }
    if (checkpoint !== undefined) {
      const path = shown(Option.getOrElse(state, () => ""))
      yield* Effect.logInfo(`Resuming from ${path}${Option.isSome(since) ? "; --since is ignored" : ""}.`)
    }
    const changes = checkpoint === undefined
      ? operations.changes({ since: yield* begin(since) }, options)
      : operations.changes(checkpoint, options)
    const follow = changes.pipe(
      Stream.runForEachArray(Effect.fnUntraced(function*(changes) {
        const text = yield* Stream.mkString(toLines(shape)(Stream.fromArray(changes)))
        // The next chunk may arrive between Ctrl-C and the interruption of this fiber.
        if (isStopping) return yield* Effect.never
        settled.closeUnsafe()
        yield* print(text)
      })),
      Effect.catchTag(["CheckpointMismatch", "InvalidInput"], (error) => Effect.fail(refuse(error)))
    )
    const fiber = yield* Effect.forkChild(follow)
    yield* Fiber.join(fiber).pipe(
      // Wait until the state covers what was printed, so that a restart does not print it again.
      Effect.onInterrupt(() =>
        Effect.suspend(() => {
          isStopping = true
          return Effect.andThen(Effect.raceFirst(settled.await, Fiber.await(fiber)), Fiber.interrupt(fiber))
        })
      ),
      Option.isSome(state)
        ? tellWhenInterrupted
        : Effect.onInterrupt(() => Effect.logInfo("Interrupted. With --state FILE, the feed could resume from here."))
    )
  },
  Effect.scoped,
  Effect.provide(Api.layer)
)
