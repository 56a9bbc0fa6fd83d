// Grades a client that is called by hand. A line of stdin reports the result of each call.
import * as Grader from "@effect-comms/testing/Grader"
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"

/** The scenarios that can be called by hand. */
export const scenarios: ReadonlyArray<Grader.Scenario> = Grader.ReadScenario.literals.filter((name) =>
  name !== "interrupted" && name !== "sixtyAtOnce"
)

class Failed extends Data.TaggedError("Failed") {}

/** The number of operations that a line reports; undefined for a failed call. */
export const parse = (line: string, operations: number): Option.Option<number | undefined> => {
  const word = line.trim().toLowerCase()
  if (word === "" || word === "ok") return Option.some(operations)
  if (word === "failed") return Option.some(undefined)
  return /^\d{1,9}$/.test(word) ? Option.some(Number(word)) : Option.none()
}

const introduction = (count: number): string =>
  [
    `${count} ${
      count === 1 ? "scenario" : "scenarios, one after another"
    }. Make each call with the client, then enter its result here:`,
    "  Enter     it returned the operation, or all operations",
    "  failed    it failed",
    "  a number  it listed this number of different operations",
    "The end of the input (Ctrl-D) skips the remaining scenarios."
  ].join("\n")

const lines = Effect.gen(function*() {
  const { stdin } = yield* Stdio.Stdio
  const lines = yield* Queue.unbounded<string, Cause.Done>()
  yield* Effect.forkScoped(
    stdin.pipe(Stream.decodeText, Stream.splitLines, Stream.catch(() => Stream.empty), Stream.runIntoQueue(lines))
  )
  // An open stdin would keep the process alive.
  yield* Effect.addFinalizer(() => Effect.sync(() => process.stdin.destroy()))
  return lines
})

const tellCall = (title: string, call: string, { baseUrl, credentials }: Grader.Target) => {
  const accountSid = credentials.accountSid
  const authToken = Redacted.value(credentials.authToken)
  return Effect.annotateLogs(
    Effect.logInfo(
      [
        title,
        `  Base URL     ${baseUrl}`,
        `  Credentials  ${accountSid}:${authToken}`,
        `  Call         ${call}`
      ].join("\n")
    ),
    { baseUrl, accountSid, authToken, call }
  )
}

/** Grades one scenario. The result is empty if the input ends. */
const gradeIn = Effect.fnUntraced(function*(
  scenario: Grader.Scenario,
  title: string,
  lines: Queue.Dequeue<string, Cause.Done>
) {
  const state = { asked: false, over: false }
  const client = (target: Grader.Target): Grader.Calls => {
    const call = Effect.fnUntraced(function*(text: string, ids: ReadonlyArray<string>) {
      state.asked = true
      yield* tellCall(title, text, target)
      while (true) {
        const line = yield* Queue.take(lines)
        const listed = parse(line, ids.length)
        if (Option.isSome(listed)) {
          state.asked = false
          if (listed.value === undefined) return yield* new Failed()
          return ids.slice(0, listed.value).map((id): Grader.Identified => ({ id }))
        }
        yield* Effect.logInfo("  Unknown result. Press Enter, or enter failed or a number.")
      }
    }, Effect.tapErrorTag("Done", () => Effect.sync(() => Object.assign(state, { asked: false, over: true }))))
    return {
      fetchOperation: (id) =>
        Effect.map(call(`fetch ${id}`, [id]), ([operation]): Grader.Identified => operation ?? { id: "" }),
      listOperations: () => call("list all operations, in pages of 50", target.operationIds)
    }
  }
  const { rows } = yield* Grader.gradeClient(client, { transport: "port", scenarios: [scenario], attended: true })
  if (state.asked) {
    yield* Effect.logInfo("  The scenario is decided. Stop the client if it still runs, then press Enter.")
    yield* Effect.ignore(Queue.take(lines))
  }
  return state.over ? [] : rows
})

/** Grades a client by hand. */
export const grade = Effect.fnUntraced(function*(names: ReadonlyArray<Grader.Scenario>) {
  const input = yield* lines
  yield* Effect.logInfo(introduction(names.length))
  const rows: Array<Grader.Row> = []
  for (const [index, name] of names.entries()) {
    const { expected, given } = Grader.describe(name)
    const title = `${index + 1} of ${names.length}, ${name}: ${given}; expected: ${expected}`
    const graded = yield* gradeIn(name, title, input)
    if (graded.length === 0) break
    rows.push(...graded)
  }
  const passed = rows.filter((row) => row.passed).length
  return new Grader.Grade({ rows, passed, failed: rows.length - passed })
}, Effect.scoped)
