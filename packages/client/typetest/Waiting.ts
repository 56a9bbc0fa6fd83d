import type { MessageOperations, SenderPoolOperations, Waiting } from "@effect-comms/client"
import type {
  CommsError,
  MessageOperation,
  Operation,
  Outcome,
  SenderPoolOperation,
  WaitCheckpoint,
  WaitError
} from "@effect-comms/domain"
import { Effect, Schedule, Stream } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type WatchFailure =
  | WaitError.PollsFailed
  | WaitError.OperationNotFound
  | WaitError.StatusNotKnown
  | WaitError.Stalled
  | WaitError.WaitTimeout
  | CommsError.InvalidInput

type Pools = SenderPoolOperations.Service

type Messages = MessageOperations.Service

type Checkpoint = WaitCheckpoint.WaitCheckpoint

export const byId = (operations: Pools) => operations.awaitCompletion("")

export const withTimeLimit = (operations: Pools) => operations.awaitCompletion("", { timeLimit: "1 minute" })

export const tolerating = (operations: Pools) => operations.awaitCompletion("", { tolerate: "none" })

export const withAnyOptions = (operations: Pools, options?: Waiting.CompletionOptions) =>
  operations.awaitCompletion("", options)

export const byCheckpoint = (operations: Pools, checkpoint: Checkpoint) => operations.awaitCompletion(checkpoint)

export const byCheckpointTolerating = (operations: Pools, checkpoint: Checkpoint) =>
  operations.awaitCompletion(checkpoint, { tolerate: 0.05 })

export const byEither = (operations: Pools, target: string | Checkpoint) => operations.awaitCompletion(target)

export const watched = (operations: Pools) => operations.watch("")

export const watchedWithOptions = (operations: Pools) => operations.watch("", { timeLimit: "1 minute" })

export const watchedFromCheckpoint = (operations: Pools, checkpoint: Checkpoint) => operations.watch(checkpoint)

export const watchedFromEither = (operations: Pools, target: string | Checkpoint) => operations.watch(target)

export const events = (operations: Messages) => operations.watchEvents("")

export const eventsFromCheckpoint = (operations: Messages, checkpoint: Checkpoint) => operations.watchEvents(checkpoint)

export const many = (operations: Pools) => operations.watchMany([""], { timeLimit: "1 minute" })

export const manyFromEither = (operations: Pools, targets: ReadonlyArray<string | Checkpoint>) =>
  operations.watchMany(targets)

export const failedOf = (operations: Pools) =>
  operations.watchMany([""]).pipe(
    Stream.filter((event) => event._tag === "Failed"),
    Stream.map(({ error, operationId }) => [operationId, error._tag] as const)
  )

export const checkpointOf = (operations: Pools) =>
  operations.watchEvents("").pipe(Stream.mapEffect(({ checkpoint }) => checkpoint))

export const delivered = (operations: Messages) =>
  operations.watch("").pipe(Stream.map(({ operation }) => operation.stats.delivered))

export const messagesOutcome = (operations: Messages) =>
  Effect.map(operations.awaitCompletion(""), ({ operation }) => operation)

export const withoutTimeout = (operations: Pools, checkpoint: Checkpoint) =>
  operations.awaitCompletion(checkpoint).pipe(Effect.catchTag("WaitTimeout", ({ last }) => Effect.succeed(last)))

export const reasonOf = (operations: Pools) =>
  operations.awaitCompletion("").pipe(
    Effect.catchReason("PollsFailed", "Unauthorized", ({ status }) => Effect.succeed(status))
  )

export const count = (outcome: Outcome.Outcome<SenderPoolOperation.SenderPoolOperation>): number => {
  switch (outcome._tag) {
    case "Completed":
      return outcome.operation.stats.created
    case "CompletedWithFailures":
      return outcome.failed + outcome.missing
    case "Canceled":
      return 0
  }
}

export const watchHasNoTolerance = (operations: Pools) =>
  operations.watch("").pipe(
    // @ts-expect-error a watch ends with any outcome
    Stream.catchTag("OutcomeNotTolerated", () => Stream.empty)
  )

export const everyOutcomeIsTolerated = (operations: Pools) =>
  operations.awaitCompletion("").pipe(
    // @ts-expect-error without `tolerate`, every outcome counts as success
    Effect.catchTag("OutcomeNotTolerated", () => Effect.void)
  )

export const anySchedule = (operations: Pools) => [
  operations.watch("", { interval: Schedule.spaced("1 second") }),
  operations.watch("", { interval: { initial: "1 second" } })
]

const failing = Schedule.forever.pipe(Schedule.tap(() => Effect.fail("no")))

export const noFailingSchedule = (operations: Pools) =>
  operations.watch("", {
    // @ts-expect-error the schedule of a wait cannot fail
    interval: failing
  })

type Awaited<E> = Effect.Effect<Outcome.Outcome<SenderPoolOperation.SenderPoolOperation>, E>

type Watched<E> = Stream.Stream<Waiting.Snapshot<SenderPoolOperation.SenderPoolOperation>, E>

export type Tests = [
  Expect<Equal<ReturnType<typeof byId>, Awaited<WatchFailure>>>,
  Expect<Equal<ReturnType<typeof withTimeLimit>, Awaited<WatchFailure>>>,
  Expect<Equal<ReturnType<typeof tolerating>, Awaited<WatchFailure | WaitError.OutcomeNotTolerated>>>,
  Expect<Equal<ReturnType<typeof withAnyOptions>, Awaited<WatchFailure | WaitError.OutcomeNotTolerated>>>,
  Expect<Equal<ReturnType<typeof byCheckpoint>, Awaited<WatchFailure | CommsError.CheckpointMismatch>>>,
  Expect<
    Equal<
      ReturnType<typeof byCheckpointTolerating>,
      Awaited<WatchFailure | CommsError.CheckpointMismatch | WaitError.OutcomeNotTolerated>
    >
  >,
  Expect<Equal<ReturnType<typeof byEither>, Awaited<WatchFailure | CommsError.CheckpointMismatch>>>,
  Expect<Equal<ReturnType<typeof watched>, Watched<WatchFailure>>>,
  Expect<Equal<ReturnType<typeof watchedWithOptions>, Watched<WatchFailure>>>,
  Expect<Equal<ReturnType<typeof watchedFromCheckpoint>, Watched<WatchFailure | CommsError.CheckpointMismatch>>>,
  Expect<Equal<ReturnType<typeof watchedFromEither>, Watched<WatchFailure | CommsError.CheckpointMismatch>>>,
  Expect<
    Equal<ReturnType<typeof events>, Stream.Stream<Waiting.Event<MessageOperation.MessageOperation>, WatchFailure>>
  >,
  Expect<
    Equal<
      ReturnType<typeof many>,
      Stream.Stream<Waiting.ManyEvent<SenderPoolOperation.SenderPoolOperation>, CommsError.InvalidInput>
    >
  >,
  Expect<
    Equal<
      Stream.Error<ReturnType<typeof manyFromEither>>,
      CommsError.InvalidInput | CommsError.CheckpointMismatch
    >
  >,
  Expect<
    Equal<Stream.Success<ReturnType<typeof failedOf>>, readonly [Operation.OperationId, WaitError.WaitError["_tag"]]>
  >,
  Expect<Equal<Stream.Success<ReturnType<typeof checkpointOf>>, Checkpoint>>,
  Expect<Equal<Stream.Error<ReturnType<typeof eventsFromCheckpoint>>, WatchFailure | CommsError.CheckpointMismatch>>,
  Expect<Equal<Stream.Success<ReturnType<typeof delivered>>, number | undefined>>,
  Expect<Equal<Effect.Success<ReturnType<typeof messagesOutcome>>["stats"]["read"], number | undefined>>,
  Expect<Equal<Effect.Error<ReturnType<typeof Waiting.interval>>, CommsError.InvalidInput>>,
  Expect<
    Equal<
      Effect.Error<ReturnType<typeof withoutTimeout>>,
      Exclude<WatchFailure, WaitError.WaitTimeout> | CommsError.CheckpointMismatch
    >
  >,
  Expect<
    Equal<
      Effect.Success<ReturnType<typeof reasonOf>>,
      Outcome.Outcome<SenderPoolOperation.SenderPoolOperation> | 401
    >
  >
]
