import type * as Feed from "@effect-comms/client/Feed"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import { FeedCheckpoint } from "@effect-comms/domain/FeedCheckpoint"
import { printable } from "@effect-comms/domain/Printable"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
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
import { shape } from "../OperationShape.ts"
import * as StateFile from "../StateFile.ts"
import { tellWhenInterrupted } from "./interrupted.ts"

export interface Input {
  readonly since: Option.Option<DateTime.Utc>
  readonly state: Option.Option<string>
  readonly interval: Option.Option<Duration.Duration>
}

type Change = Feed.Change<SenderPoolOperation>

const flag = "state"

const read = Checkpoint.fromJson(FeedCheckpoint)

const write = Checkpoint.toJson(FeedCheckpoint)

const toLines = Format.toText<Change>(
  {
    columns: [],
    encode: ({ kind, operation }) => ({ kind, operation: shape.encode(operation) })
  },
  "ndjson",
  false
)

// Ends when the text has left this process. When nobody reads it any more, the process ends.
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
    what: "--since: it has to be said where the feed begins.",
    why: "There is no state to go on from.",
    advice: "Give a date, or how long ago, such as --since 2h."
  })
})

export const run = Effect.fnUntraced(function*({ interval, since, state }: Input) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const { checkpoint, refuse, save } = yield* Option.match(state, { onNone: () => Effect.succeed(none), onSome: open })
  // Closed from when something is printed until that is known to the state.
  const settled = yield* Latch.make(true)
  let isStopping = false
  const options = {
    interval: Option.getOrUndefined(interval),
    checkpoint: (checkpoint: FeedCheckpoint) => Effect.andThen(save(checkpoint), settled.open)
  }
  if (checkpoint !== undefined) {
    const path = printable(Option.getOrElse(state, () => ""))
    yield* Effect.logInfo(`Going on from ${path}${Option.isSome(since) ? "; --since is not used" : ""}.`)
  }
  const changes = checkpoint === undefined
    ? operations.changes({ ...options, since: yield* begin(since) })
    : operations.resume(checkpoint, options)
  const follow = changes.pipe(
    Stream.runForEachArray(Effect.fnUntraced(function*(changes) {
      const text = yield* Stream.mkString(toLines(Stream.fromArray(changes)))
      // Between being told to stop and being interrupted, the next chunk may already be there.
      if (isStopping) return yield* Effect.never
      settled.closeUnsafe()
      yield* print(text)
    })),
    Effect.catchTag(["CheckpointMismatch", "InvalidInput"], (error) => Effect.fail(refuse(error)))
  )
  const fiber = yield* Effect.forkChild(follow)
  yield* Fiber.join(fiber).pipe(
    // What was printed is not to be printed again.
    Effect.onInterrupt(() =>
      Effect.suspend(() => {
        isStopping = true
        return Effect.andThen(Effect.raceFirst(settled.await, Fiber.await(fiber)), Fiber.interrupt(fiber))
      })
    ),
    Option.isSome(state)
      ? tellWhenInterrupted
      : Effect.onInterrupt(() => Effect.logInfo("Interrupted. With --state FILE, it could go on from here."))
  )
}, Effect.provide(Api.layer))
