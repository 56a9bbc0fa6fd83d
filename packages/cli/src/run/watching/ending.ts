// How a wait ended.
import type { Operation } from "@effect-comms/domain/Operation"
import * as Outcome from "@effect-comms/domain/Outcome"
import { OutcomeNotTolerated, type WaitError } from "@effect-comms/domain/WaitError"
import * as ExitCode from "../../ExitCode.ts"
import * as Failure from "../../Failure.ts"
import type * as Format from "../../Format.ts"

/** The end of a wait: the outcome of the operation, or the error of the wait. */
export interface Ending {
  readonly id: string
  readonly operation: Operation | undefined
  readonly result: Outcome.Outcome | OutcomeNotTolerated | WaitError
}

export const ofOutcome = (outcome: Outcome.Outcome, tolerance: Outcome.Tolerance): Ending => ({
  id: outcome.operation.id,
  operation: outcome.operation,
  result: Outcome.isTolerated(outcome, tolerance) ? outcome : new OutcomeNotTolerated({ outcome, tolerance })
})

export const ofError = (error: WaitError): Ending => ({
  id: error.operationId,
  operation: error.last,
  result: error
})

/** The tag of the outcome or of the error. */
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
  PollsFailed: "polls failed"
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

// The less is known about the operation, the worse.
const order = [ExitCode.failed, ExitCode.timeLimit, ExitCode.canceled, ExitCode.incomplete]

/** The exit code of several waits, from the code of each. */
export const worstOf = (codes: ReadonlyArray<number>): number =>
  order.find((code) => codes.includes(code)) ?? ExitCode.done

/** What is reported as an error; undefined when the outcome is tolerated. */
export const describe = ({ result }: Ending): Failure.Description | undefined =>
  result instanceof Error ? Failure.describe(result) : undefined

const ofOperation = (column: Format.Column<Operation>): Format.Column<Ending> => {
  const { colour, csv, text } = column
  return {
    ...column,
    text: ({ operation }) => operation === undefined ? "" : text(operation),
    csv: ({ operation }) => operation === undefined ? "" : (csv ?? text)(operation),
    colour: ({ operation }) => operation === undefined ? undefined : colour?.(operation)
  }
}

/** An ending in every format: the outcome or the error, and the operation. */
export const shapeOf = ({ columns, encode }: Format.Shape<Operation>): Format.Shape<Ending> => ({
  columns: [
    { name: "id", text: ({ id }) => id },
    {
      name: "outcome",
      text: phraseOf,
      csv: nameOf,
      colour: (ending) => codeOf(ending) === ExitCode.done ? "green" : "red"
    },
    ...columns.filter(({ name }) => name !== "id").map(ofOperation)
  ],
  encode: (ending) => ({
    id: ending.id,
    outcome: nameOf(ending),
    success: codeOf(ending) === ExitCode.done,
    operation: ending.operation === undefined ? null : encode(ending.operation)
  })
})
