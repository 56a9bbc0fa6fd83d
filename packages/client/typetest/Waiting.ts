import type { SenderPoolOperations, Waiting } from "@effect-comms/client"
import type { CommsError, Outcome, WaitCheckpoint, WaitError } from "@effect-comms/domain"
import { Effect, Schedule, Stream } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type WatchFailure =
  | WaitError.PollsFailed
  | WaitError.OperationNotFound
  | WaitError.StatusNotKnown
  | WaitError.Stalled
  | WaitError.WaitTimeout
  | CommsError.InvalidInput
  | CommsError.CheckpointMismatch

type Service = SenderPoolOperations.Service

export const withoutTimeout = (operations: Service, checkpoint: WaitCheckpoint.WaitCheckpoint) =>
  operations.awaitCompletion(checkpoint).pipe(Effect.catchTag("WaitTimeout", ({ last }) => Effect.succeed(last)))

export const whatHappened = (operations: Service) =>
  operations.awaitCompletion("").pipe(
    Effect.catchReason("PollsFailed", "Unauthorized", ({ status }) => Effect.succeed(status))
  )

export const count = (outcome: Outcome.Outcome): number => {
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

export type Tests = [
  Expect<Equal<ReturnType<Service["watch"]>, Stream.Stream<Waiting.Snapshot, WatchFailure>>>,
  Expect<Equal<ReturnType<Service["watchEvents"]>, Stream.Stream<Waiting.Event, WatchFailure>>>,
  Expect<
    Equal<
      ReturnType<Service["awaitCompletion"]>,
      Effect.Effect<Outcome.Outcome, WatchFailure | WaitError.OutcomeNotTolerated>
    >
  >,
  Expect<Equal<Effect.Error<ReturnType<typeof Waiting.interval>>, CommsError.InvalidInput>>,
  Expect<
    Equal<
      Effect.Error<ReturnType<typeof withoutTimeout>>,
      Exclude<WatchFailure, WaitError.WaitTimeout> | WaitError.OutcomeNotTolerated
    >
  >
]
