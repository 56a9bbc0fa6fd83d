import type { MessageOperations, SenderPoolOperations, Waiting } from "@effect-comms/client"
import type { CommsError, Outcome, SenderPoolOperation, WaitCheckpoint, WaitError } from "@effect-comms/domain"
import { Effect, Schedule, Stream } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type WatchFailure =
  | WaitError.PollsFailed
  | WaitError.OperationNotFound
  | WaitError.StatusNotKnown
  | WaitError.Stalled
  | WaitError.WaitTimeout
  | CommsError.InvalidInput

type Service = SenderPoolOperations.Service

type Operation = SenderPoolOperation.SenderPoolOperation

export const withoutTimeout = (operations: Service, checkpoint: WaitCheckpoint.WaitCheckpoint) =>
  operations.awaitCompletion(checkpoint).pipe(Effect.catchTag("WaitTimeout", ({ last }) => Effect.succeed(last)))

export const whatHappened = (operations: Service) =>
  operations.awaitCompletion("").pipe(
    Effect.catchReason("PollsFailed", "Unauthorized", ({ status }) => Effect.succeed(status))
  )

export const count = (outcome: Outcome.Outcome<Operation>): number => {
  switch (outcome._tag) {
    case "Completed":
      return outcome.operation.stats.created
    case "CompletedWithFailures":
      return outcome.failed + outcome.missing
    case "Canceled":
      return 0
  }
}

export const cannotBeIntolerable = (operations: Service) =>
  operations.watch("").pipe(
    // @ts-expect-error a watch has no opinion on the outcome
    Stream.catchTag("OutcomeNotTolerated", () => Stream.empty)
  )

export const anySchedule = (operations: Service) => [
  operations.watch("", { interval: Schedule.spaced("1 second") }),
  operations.watch("", { interval: { initial: "1 second" } })
]

const failing = Schedule.forever.pipe(Schedule.tap(() => Effect.fail("no")))

export const noFailingSchedule = (operations: Service) =>
  operations.watch("", {
    // @ts-expect-error a schedule that can fail is not one to wait by
    interval: failing
  })

export const watched = (operations: Service) => operations.watch("")

export const events = (operations: Service) => operations.watchEvents("", { timeLimit: "1 minute" })

export const resumed = (operations: Service, checkpoint: WaitCheckpoint.WaitCheckpoint) => operations.watch(checkpoint)

export const completed = (operations: Service) => operations.awaitCompletion("")

export const inTime = (operations: Service) => operations.awaitCompletion("", { timeLimit: "1 minute" })

export const tolerating = (operations: Service) => operations.awaitCompletion("", { tolerate: "none" })

export const withOptions = (operations: Service, options: Waiting.CompletionOptions) =>
  operations.awaitCompletion("", options)

export const delivered = (operations: MessageOperations.Service) =>
  operations.watch("").pipe(Stream.map(({ operation }) => operation.stats.delivered))

export type Tests = [
  Expect<Equal<ReturnType<typeof watched>, Stream.Stream<Waiting.Snapshot<Operation>, WatchFailure>>>,
  Expect<Equal<ReturnType<typeof events>, Stream.Stream<Waiting.Event<Operation>, WatchFailure>>>,
  Expect<Equal<Stream.Error<ReturnType<typeof resumed>>, WatchFailure | CommsError.CheckpointMismatch>>,
  Expect<Equal<ReturnType<typeof completed>, Effect.Effect<Outcome.Outcome<Operation>, WatchFailure>>>,
  Expect<Equal<Effect.Error<ReturnType<typeof inTime>>, WatchFailure>>,
  Expect<Equal<Effect.Error<ReturnType<typeof tolerating>>, WatchFailure | WaitError.OutcomeNotTolerated>>,
  Expect<Equal<Effect.Error<ReturnType<typeof withOptions>>, WatchFailure | WaitError.OutcomeNotTolerated>>,
  Expect<Equal<Effect.Error<ReturnType<typeof Waiting.interval>>, CommsError.InvalidInput>>,
  Expect<
    Equal<
      Effect.Error<ReturnType<typeof withoutTimeout>>,
      Exclude<WatchFailure, WaitError.WaitTimeout> | CommsError.CheckpointMismatch
    >
  >,
  Expect<Equal<Stream.Success<ReturnType<typeof delivered>>, number | undefined>>
]
