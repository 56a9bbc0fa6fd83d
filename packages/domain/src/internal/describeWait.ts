// What the errors of waits say.
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import { printable } from "../Printable.ts"
import { type Description, inWords, timesOf } from "./describe.ts"

interface Operation {
  readonly id: string
  readonly status: string
  readonly counts: { readonly total: number; readonly settled: number; readonly failed: number }
}

interface Wait {
  readonly operationId: string
  readonly waited: Duration.Duration
  readonly polls: number
  readonly last?: Operation
}

const countsOf = ({ counts: { failed, settled, total } }: Operation): string =>
  `${settled} of ${total} settled, ${failed} failed`

const maxStatusLength = 64

const nameOf = (status: string): string => printable(status).slice(0, maxStatusLength)

const lastOf = ({ last }: Wait): string =>
  last === undefined
    ? "No poll has found it."
    : `Its last known status is ${nameOf(last.status)}: ${countsOf(last)}.`

const inProgress = "The operation itself may still be in progress."

export const describePolls = (
  error: Wait & {
    readonly failures: number
    readonly since: DateTime.Utc
    readonly reason: { readonly description: Description }
  }
): Description => {
  const { what, why, ...rest } = error.reason.description
  return {
    ...rest,
    what: `Polling ${error.operationId} failed${timesOf(error)}: ${what}`,
    why: [...why, lastOf(error), inProgress]
  }
}

export const describeNotFound = (error: Wait & { readonly grace: Duration.Duration }): Description =>
  error.last === undefined
    ? {
      what: `${error.operationId} was still not found ${inWords(error.grace)} after its creation.`,
      why: [lastOf(error)],
      advice: "Check the id, and that it belongs to this account."
    }
    : {
      what: `${error.operationId} was found before, and is no longer found.`,
      why: [lastOf(error)],
      advice: "List the operations to check whether it was removed."
    }

export const describeStatus = (
  error: Wait & { readonly status: string; readonly since: DateTime.Utc }
): Description => ({
  what: `${error.operationId} has had the status ${nameOf(error.status)} since ${DateTime.formatIso(error.since)}.`,
  why: [
    "This version of the library does not know that status, so it cannot tell whether the operation has ended.",
    lastOf(error)
  ],
  advice: "Update the library, or raise unknownStatusLimit."
})

export const describeStall = (error: Wait & { readonly unchangedFor: Duration.Duration }): Description => ({
  what: `${error.operationId} has not changed for ${inWords(error.unchangedFor)}.`,
  why: [lastOf(error)],
  advice: "Wait for it again, raise stall.after, or contact Twilio support."
})

export const describeWait = (error: Wait & { readonly limit: "time" | "schedule" }): Description => ({
  what: `${error.operationId} had not ended after ${inWords(error.waited)} and ${error.polls} ${
    error.polls === 1 ? "poll" : "polls"
  }.`,
  why: [
    error.limit === "time" ? "The wait reached its time limit." : "The schedule of the wait allows no more polls.",
    lastOf(error),
    inProgress
  ],
  advice: error.limit === "time"
    ? "Wait for it again, or raise timeLimit."
    : "Wait for it again, or use a schedule with more polls."
})

export const describeNotTolerated = (
  { outcome, tolerance }: {
    readonly outcome:
      | { readonly _tag: "Completed" | "Canceled"; readonly operation: Operation }
      | { readonly _tag: "CompletedWithFailures"; readonly operation: Operation; readonly missing: number }
    readonly tolerance: "any" | "none" | number
  }
): Description => {
  const { operation } = outcome
  return {
    what: outcome._tag === "CompletedWithFailures"
      ? `${operation.id} completed with failures: ${countsOf(operation)}, ${outcome.missing} missing.`
      : `${operation.id} was canceled: ${countsOf(operation)}.`,
    why: [
      outcome._tag === "CompletedWithFailures"
        ? `${
          typeof tolerance === "number" ? `At most ${Number((tolerance * 100).toPrecision(3))} %` : "No"
        } failed or missing items are tolerated.`
        : "A canceled operation is not tolerated."
    ],
    advice: "Items that succeeded remain. Check what is missing before sending it again."
  }
}
