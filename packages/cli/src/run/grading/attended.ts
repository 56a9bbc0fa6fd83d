// A client that somebody points at one emulator after another, and who says with a line how each call has ended.
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

/** The scenarios that need no faster hand than anybody's. */
export const scenarios: ReadonlyArray<Grader.Scenario> = Grader.Scenario.literals.filter((name) =>
  name !== "interrupted" && name !== "sixtyAtOnce"
)

class Failed extends Data.TaggedError("Failed") {}

/** How many operations a line says that the call gave; undefined when it says that it failed. */
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
    }. Let the client make the call, and say here how it ended:`,
    "  Enter     it gave the operation, or all operations",
    "  failed    it failed",
    "  a number  so many different operations were listed",
    "The end of the input (Ctrl-D) leaves out what is left."
  ].join("\n")

const lines = Effect.gen(function*() {
  const { stdin } = yield* Stdio.Stdio
  const lines = yield* Queue.unbounded<string, Cause.Done>()
  yield* Effect.forkScoped(
    stdin.pipe(Stream.decodeText, Stream.splitLines, Stream.catch(() => Stream.empty), Stream.runIntoQueue(lines))
  )
  // An input that is open would keep the process from its end.
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

/** Grades in one scenario; nothing comes of it when there are no lines any more. */
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
        yield* Effect.logInfo("  Nothing, failed, or a number?")
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
    yield* Effect.logInfo("  This is decided. End the client if it goes on, and press Enter.")
    yield* Effect.ignore(Queue.take(lines))
  }
  return state.over ? [] : rows
})

/** Grades a client whose calls are made by whoever writes the lines of stdin. */
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
