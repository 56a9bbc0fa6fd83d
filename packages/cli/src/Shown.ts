// Input as messages show it: on one line, and shortened.
import type * as CommsError from "@effect-comms/domain/CommsError"
import { printable } from "@effect-comms/domain/Printable"

const longest = 100

const shorten = (text: string): string => text.length > longest ? `${text.slice(0, longest - 1)}…` : text

/** A value that was passed to the command, such as an argument, the value of a flag or a path. */
export const shown = (value: string): string => shorten(printable(value))

/** A sentence, with long words, and long parts of URLs, shortened. */
export const brief = (sentence: string): string => sentence.replace(/[^\s"'&?=/,;]+/g, shorten)

const maxIssues = 5

// The form of issues is "Expected <what the schema says>, got <value>" or "Unexpected key with value <value>".
const withoutValue = (problem: string): string =>
  /^(?:Expected .+?|Missing key|Unexpected key)(?=, got | with value |$)/s.exec(problem)?.[0] ??
    "Expected a valid value"

/** The issues of a file, without its values: a file that was named by mistake may hold secrets. */
export const issuesOfFile = (issues: ReadonlyArray<CommsError.InputIssue>): string =>
  [
    ...issues.slice(0, maxIssues).map(({ field, problem }) => `${shown(field)}: ${withoutValue(problem)}.`),
    ...(issues.length > maxIssues ? [`There are ${issues.length - maxIssues} more problems.`] : [])
  ].join(" ")
