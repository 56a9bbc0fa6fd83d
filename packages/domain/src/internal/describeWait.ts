import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { printable } from "./describe.ts"

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

const countsOf = ({ failed, settled, total }: Operation["counts"]): string =>
  `${settled} of ${total} settled, ${failed} failed`

const maxStatusLength = 64

const nameOf = (status: string): string => printable(status).slice(0, maxStatusLength)

const lastOf = ({ last }: Wait): string =>
  last === undefined ? "It was never seen." : `It was last seen as ${nameOf(last.status)}, ${countsOf(last.counts)}.`

const goesOn = "The operation itself goes on, if it was at work."

export const describePolls = (
  error: Wait & {
    readonly failures: number
    readonly since: DateTime.Utc
    readonly reason: { readonly message: string }
  }
): string =>
  `Looking at ${error.operationId} failed${
    error.failures > 1 ? ` ${error.failures} times in a row since ${DateTime.formatIso(error.since)}, at last` : ""
  }: ${error.reason.message} ${lastOf(error)} ${goesOn}`

export const describeNotFound = (error: Wait & { readonly grace: Duration.Duration }): string =>
  error.last === undefined
    ? `${error.operationId} is not there, ${
      Duration.format(error.grace)
    } after it could have been created at the latest. ` +
      "Check the id, and that it belongs to this account."
    : `${error.operationId} was there, and is not any more. ${
      lastOf(error)
    } List the operations to see whether it was removed.`

export const describeStatus = (
  error: Wait & { readonly status: string; readonly since: DateTime.Utc }
): string =>
  `${error.operationId} is in a state named ${nameOf(error.status)} since ${DateTime.formatIso(error.since)}, ` +
  `which this version of the library does not know, so it cannot say whether that is the end. ${lastOf(error)} ` +
  "Look for a newer version, or allow more time with unknownStatusLimit."

export const describeStall = (error: Wait & { readonly unchangedFor: Duration.Duration }): string =>
  `Nothing about ${error.operationId} changed for ${Duration.format(error.unchangedFor)}. ${lastOf(error)} ` +
  "Wait for it again, allow more time with stall.after, or tell Twilio's support."

export const describeWait = (error: Wait & { readonly limit: "time" | "schedule" }): string =>
  `${error.operationId} had not ended after ${Duration.format(error.waited)} and ${error.polls} ${
    error.polls === 1 ? "poll" : "polls"
  }, which is all that ${error.limit === "time" ? "timeLimit" : "the schedule"} allows. ${
    lastOf(error)
  } ${goesOn} Wait for it again, or allow more.`

export const describeNotTolerated = (
  { outcome, tolerance }: {
    readonly outcome:
      | { readonly _tag: "Completed" | "Canceled"; readonly operation: Operation }
      | {
        readonly _tag: "CompletedWithFailures"
        readonly operation: Operation
        readonly missing: number
        readonly share: number
      }
    readonly tolerance: "any" | "none" | number
  }
): string => {
  const { counts, id } = outcome.operation
  const limit = typeof tolerance === "number"
    ? `no more than ${Number((tolerance * 100).toPrecision(3))} % failed`
    : "none failed"
  const what = outcome._tag === "CompletedWithFailures"
    ? `${id} completed with failures: ${countsOf(counts)}, ${outcome.missing} missing`
    : `${id} was canceled: ${countsOf(counts)}`
  return `${what}, and the caller asked that ${limit}. What was created stays; look at what is missing before it is sent again.`
}
