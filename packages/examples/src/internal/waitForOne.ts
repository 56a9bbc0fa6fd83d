// A wait that is interrupted halfway and resumed from its stored checkpoint, as after a restart.
import { SenderPoolOperations, type Waiting } from "@effect-comms/client"
import { Checkpoint, type CommsError, Outcome, WaitCheckpoint } from "@effect-comms/domain"
import { Console, Deferred, Duration, Effect, Fiber, Option, Stream } from "effect"
import { bar, makeLine } from "./line.ts"

const write = Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)

const read = Checkpoint.fromJson(WaitCheckpoint.WaitCheckpoint)

const describeProgress = ({ operation: { stats, status }, progress: { fraction, remaining } }: Waiting.Snapshot) =>
  [
    `${bar(fraction ?? 0)} ${status}: ${stats.created} created, ${stats.failed} failed, ${stats.queued} queued`,
    ...(remaining === undefined || Duration.isZero(remaining)
      ? []
      : [`about ${Math.ceil(Duration.toSeconds(remaining))} s left`])
  ].join(", ")

const describeOutcome = (outcome: Outcome.Outcome) => {
  const { created, total } = outcome.operation.stats
  switch (outcome._tag) {
    case "Completed":
      return `The operation completed: all ${total} items were created.`
    case "CompletedWithFailures":
      return `The operation completed with failures: ${created} of ${total} items were created, ${outcome.failed} failed and ` +
        `${outcome.missing} are missing (${(outcome.share * 100).toFixed(1)} %).`
    case "Canceled":
      return `The operation was canceled after ${created} of ${total} items were created.`
  }
}

const follow = Effect.fnUntraced(function*(
  target: string | WaitCheckpoint.WaitCheckpoint,
  onSnapshot: (snapshot: Waiting.Snapshot) => Effect.Effect<unknown, CommsError.InvalidInput> = () => Effect.void
) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const line = yield* makeLine
  return yield* operations.watch(target, { interval: { initial: "200 millis", max: "400 millis" } }).pipe(
    Stream.tap((snapshot) => Effect.andThen(line.show(describeProgress(snapshot)), onSnapshot(snapshot))),
    Stream.runLast,
    Effect.ensuring(line.end)
  )
})

export const waitForOne = Effect.fn("waitForOne")(function*(id: string) {
  yield* Console.log(`\nWaiting for ${id}. The wait is interrupted halfway.`)
  const half = yield* Deferred.make<WaitCheckpoint.WaitCheckpoint>()
  const fiber = yield* Effect.forkChild(
    follow(
      id,
      ({ checkpoint, progress: { fraction = 1 } }) =>
        fraction < 0.5 ? Effect.void : Effect.flatMap(checkpoint, (checkpoint) => Deferred.succeed(half, checkpoint))
    )
  )
  const checkpoint = yield* Effect.raceFirst(
    Deferred.await(half),
    Effect.andThen(Fiber.join(fiber), Deferred.await(half))
  )
  yield* Fiber.interrupt(fiber)

  const stored = write(checkpoint)
  yield* Console.log(
    `Interrupted after ${checkpoint.polls} polls. The stored checkpoint has ${stored.length} characters:\n${
      stored.slice(0, 100)
    }...\nThe wait resumes from it after one second.`
  )
  yield* Effect.sleep("1 second")

  const last = yield* follow(yield* read(stored))
  const outcome = Option.flatMapNullishOr(last, ({ operation }) => Outcome.fromOperation(operation))
  yield* Console.log(
    Option.match(outcome, { onNone: () => "The operation is still in progress.", onSome: describeOutcome })
  )
})
