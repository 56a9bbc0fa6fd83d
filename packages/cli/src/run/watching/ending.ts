// How a wait ended, for a person and for a script.
import * as Outcome from "@effect-comms/domain/Outcome"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import { OutcomeNotTolerated, type WaitError } from "@effect-comms/domain/WaitError"
import * as DateTime from "effect/DateTime"
import * as ExitCode from "../../ExitCode.ts"
import { describe as describeFailure, type Description, shortTime } from "../../Failure.ts"
import type * as Format from "../../Format.ts"
import { shape as operationShape } from "../../OperationShape.ts"
import { printable } from "../../Printable.ts"

/** An operation that is not waited for any more: with its outcome, or with what ended the wait. */
export interface Ending {
  readonly id: string
  readonly operation: SenderPoolOperation | undefined
  readonly result: Outcome.Outcome | OutcomeNotTolerated | WaitError
}

export const ofOutcome = (outcome: Outcome.Outcome, tolerance: Outcome.Tolerance): Ending => ({
  id: outcome.operation.id,
  operation: outcome.operation,
  result: Outcome.isTolerated(outcome, tolerance) ? outcome : new OutcomeNotTolerated({ outcome, tolerance })
})

export const ofError = (error: WaitError): Ending => ({ id: error.operationId, operation: error.last, result: error })

/** The tag of the outcome, or of what ended the wait. */
export const nameOf = ({ result }: Ending): string =>
  result._tag === "OutcomeNotTolerated" ? result.outcome._tag : result._tag

/** Whether the operation itself has ended. */
export const isOver = ({ result }: Ending): boolean =>
  result instanceof OutcomeNotTolerated || !(result instanceof Error)

const phrases: Readonly<Record<string, string>> = {
  Completed: "completed",
  CompletedWithFailures: "completed with failures",
  Canceled: "canceled",
  WaitTimeout: "timed out",
  Stalled: "stalled",
  StatusNotKnown: "unknown status",
  OperationNotFound: "not found",
  PollsFailed: "looks failed"
}

export const phraseOf = (ending: Ending): string => phrases[nameOf(ending)] ?? nameOf(ending)

export const codeOf = ({ result }: Ending): number => {
  switch (result._tag) {
    case "OutcomeNotTolerated":
      return result.outcome._tag === "Canceled" ? ExitCode.canceled : ExitCode.incomplete
    case "WaitTimeout":
    case "Stalled":
    case "StatusNotKnown":
      return ExitCode.timeLimit
    case "OperationNotFound":
    case "PollsFailed":
      return ExitCode.failed
    default:
      return ExitCode.done
  }
}

// What is known least comes first.
const order = [ExitCode.failed, ExitCode.timeLimit, ExitCode.canceled, ExitCode.incomplete]

/** The code of all of them. */
export const worstOf = (endings: ReadonlyArray<Ending>): number => {
  const codes = new Set(endings.map(codeOf))
  return order.find((code) => codes.has(code)) ?? ExitCode.done
}

const countsOf = ({ stats: { created, failed, queued, total } }: SenderPoolOperation): string =>
  `${created} of ${total} created, ${failed} failed, ${queued} queued`

const lastOf = ({ operation }: Ending): string =>
  operation === undefined
    ? "It was never seen."
    : `It was last seen as ${printable(operation.status)}: ${countsOf(operation)}.`

const anew = "The operation goes on if it was at work: wait for it again"

/** What is to be told as an error; undefined when all went well. */
export const describe = (ending: Ending): Description | undefined => {
  const { id, result } = ending
  switch (result._tag) {
    case "OutcomeNotTolerated": {
      const { outcome, tolerance } = result
      return {
        what: `${id} ${outcome._tag === "Canceled" ? "was canceled" : "completed with failures"}: ${
          countsOf(outcome.operation)
        }.`,
        why: [
          typeof tolerance === "number"
            ? `--tolerate allows ${tolerance * 100}% of it to be failed or missing.`
            : "--tolerate allows no failure."
        ],
        advice: "What was created stays: look at what is missing before it is sent again."
      }
    }
    case "WaitTimeout":
      return {
        what: `${id} had not ended after ${shortTime(result.waited)} and ${result.polls} looks.`,
        why: [lastOf(ending)],
        advice: `${anew}, or allow more with --timeout.`
      }
    case "Stalled":
      return {
        what: `Nothing about ${id} changed for ${shortTime(result.unchangedFor)}.`,
        why: [lastOf(ending)],
        advice: `${anew}, or tell Twilio's support.`
      }
    case "StatusNotKnown":
      return {
        what: `${id} is ${printable(result.status)} since ${
          DateTime.formatIso(result.since)
        }, a status that is not known here.`,
        why: [lastOf(ending)],
        advice: "Look for a newer version of comms."
      }
    case "OperationNotFound":
      return {
        what: `${id} is not there, ${shortTime(result.waited)} after it was first asked for.`,
        why: [lastOf(ending)],
        advice: "Check the id, and that it belongs to this account."
      }
    case "PollsFailed": {
      const { what, why = [], ...rest } = describeFailure(result.reason)
      return {
        ...rest,
        what: `${id} could not be looked at${
          result.failures > 1 ? `, ${result.failures} times in a row` : ""
        }: ${what}`,
        why: [...why, lastOf(ending)]
      }
    }
    default:
      return undefined
  }
}

const ofOperation = (column: Format.Column<SenderPoolOperation>): Format.Column<Ending> => {
  const { colour, csv, text } = column
  return {
    ...column,
    text: ({ operation }) => operation === undefined ? "" : text(operation),
    csv: ({ operation }) => operation === undefined ? "" : (csv ?? text)(operation),
    colour: ({ operation }) => operation === undefined ? undefined : colour?.(operation)
  }
}

/** An ending, in every format: the operation, and its outcome or what ended the wait. */
export const shape: Format.Shape<Ending> = {
  columns: [
    { name: "id", text: ({ id }) => id },
    {
      name: "outcome",
      text: phraseOf,
      csv: nameOf,
      colour: (ending) => codeOf(ending) === ExitCode.done ? "green" : "red"
    },
    ...operationShape.columns.filter(({ name }) => name !== "id").map(ofOperation)
  ],
  encode: (ending) => ({
    id: ending.id,
    outcome: nameOf(ending),
    success: codeOf(ending) === ExitCode.done,
    operation: ending.operation === undefined ? null : operationShape.encode(ending.operation)
  })
}
