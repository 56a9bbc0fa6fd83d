import type { FaultPlan, OperationPlan } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer, Schedule, Schema } from "effect"
import { comms, layer as layerComms } from "./utils/comms.ts"
import { serve } from "./utils/emulator.ts"
import { exists, fileIn, filesOf } from "./utils/files.ts"
import { inProcess } from "./utils/inProcess.ts"
import { interrupt } from "./utils/interrupt.ts"
import { canHaveTerminal, onTerminal } from "./utils/terminal.ts"

const Ended = Schema.Struct({
  id: Schema.String,
  outcome: Schema.String,
  success: Schema.Boolean,
  operation: Schema.NullOr(Schema.Struct({ status: Schema.String, stats: Schema.Record(Schema.String, Schema.Int) }))
})

const decodeEnded = Schema.decodeUnknownSync(Schema.fromJsonString(Ended))

const decodeAllEnded = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Ended)))

const decodeEvent = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ event: Schema.String, id: Schema.String }))
)

const Wait = Schema.fromJsonString(Schema.Struct({ operationId: Schema.String, startedAt: Schema.String }))

const decodeWait = Schema.decodeUnknownSync(Wait)

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const good: OperationPlan.OperationPlan = { total: 40, duration: Duration.millis(500) }

const bad: OperationPlan.OperationPlan = { total: 40, failed: 4, duration: Duration.zero }

const canceled: OperationPlan.OperationPlan = { total: 40, duration: Duration.zero, end: "CANCELED", endsAt: 0.5 }

const endless: OperationPlan.OperationPlan = { total: 40, duration: Duration.zero, end: "PROCESSING", endsAt: 0.5 }

const watch = (
  ...args: ReadonlyArray<string>
): ReadonlyArray<string> => ["operations", "watch", "--interval", "100ms", ...args]

const belongsTo = (what: string) =>
  new RegExp(`bound\\.ndjson cannot be resumed\\. .*\\n {2}Why: The checkpoint belongs to another ${what}`)

layer(Layer.provideMerge(layerComms, NodeServices.layer), { excludeTestServices: true, timeout: "3 minutes" })(
  "comms operations watch",
  (it) => {
    it.effect("prints each change, then the outcome", () =>
      Effect.gen(function*() {
        const { advance, asked, create, env } = yield* serve()
        const { id } = yield* create({ ...good, duration: Duration.minutes(1) })
        const ahead = Effect.forEach([2, 4, 6], (n) => Effect.andThen(asked(n), advance(id, "20 seconds")))
        const [{ code, stderr, stdout }] = yield* Effect.all([inProcess(watch(id), env), ahead], { concurrency: 2 })
        assert.strictEqual(code, 0)
        const { operation, ...ended } = decodeEnded(stdout)
        assert.deepStrictEqual(ended, { id, outcome: "Completed", success: true })
        assert.strictEqual(operation?.stats["created"], 40)
        const told = lines(stderr)
        assert.isAbove(told.length, 3)
        for (const line of told.slice(0, -2)) {
          assert.match(line, new RegExp(`^${id} PROCESSING: \\d+%, \\d+ of 40 created, 0 failed, \\d+ queued`))
        }
        assert.deepStrictEqual(told.slice(-2), [
          `${id} COMPLETED: 100%, 40 of 40 created, 0 failed, 0 queued`,
          `${id} completed`
        ])
      }))

    it.effect("waits for a scheduled operation of the resource", () =>
      Effect.gen(function*() {
        const { advance, asked, create, env } = yield* serve()
        const plan = { total: 40, failed: 4, scheduled: Duration.minutes(1), duration: Duration.zero }
        const { id } = yield* create(plan, "MessageOperations")
        const [{ code, stderr, stdout }] = yield* Effect.all([
          inProcess(watch(id, "--resource", "messages", "--tolerate", "10%"), env),
          Effect.andThen(asked(2), advance(id, "1 minute"))
        ], { concurrency: 2 })
        assert.strictEqual(code, 0)
        assert.match(
          stderr,
          new RegExp(
            `^${id} SCHEDULED: 0%, 0 of 40 settled, 0 failed, .* scheduled\n` +
              `${id} COMPLETED: 100%, 40 of 40 settled, 4 failed, 0 queued, 0 scheduled\n` +
              `${id} completed with failures\n$`
          )
        )
        const { operation, outcome } = decodeEnded(stdout)
        assert.deepStrictEqual([outcome, operation?.stats["delivered"]], ["CompletedWithFailures", 36])
      }))

    it.effect("exits with the code of the outcome, the worst of several", () =>
      Effect.gen(function*() {
        const { create, env } = yield* serve()
        const ids = yield* Effect.all({
          good: create(good),
          bad: create(bad),
          canceled: create(canceled),
          endless: create(endless)
        })
        const cases: ReadonlyArray<
          readonly [code: number, args: ReadonlyArray<string>, names: ReadonlyArray<keyof typeof ids>]
        > = [
          [3, [], ["bad"]],
          [3, ["--tolerate", "9%"], ["bad"]],
          [0, ["--tolerate", "10"], ["bad", "good"]],
          [4, [], ["canceled"]],
          [0, ["--tolerate", "any"], ["canceled", "bad"]],
          [4, ["--tolerate", "100%"], ["good", "bad", "canceled"]],
          [4, [], ["bad", "canceled"]],
          [5, ["--timeout", "300ms"], ["bad", "endless", "canceled"]]
        ]
        yield* Effect.forEach(cases, ([expected, args, names]) =>
          Effect.gen(function*() {
            const { code, stderr } = yield* inProcess(watch("-q", ...args, ...names.map((name) => ids[name].id)), env)
            assert.strictEqual(code, expected, `${args.join(" ")} ${names.join(" ")}`)
            assert.strictEqual(stderr === "", expected === 0)
          }), { concurrency: 2 })
      }))

    it.effect("shows the cause of a failed poll", () =>
      Effect.gen(function*() {
        const faults: FaultPlan.FaultPlan = {
          rules: [
            { when: { nth: [1] }, do: { _tag: "Drop" } },
            { when: { nth: [1] }, do: { _tag: "Status", status: 503 } }
          ]
        }
        const { create, env } = yield* serve({ faults })
        const { id } = yield* create({ ...good, duration: Duration.zero })
        const { code, stderr } = yield* inProcess(watch(id), { ...env, TWILIO_COMMS_MAX_ATTEMPTS: "1" })
        assert.strictEqual(code, 0)
        assert.match(
          stderr,
          new RegExp(`^${id} poll failed: (?:UND_ERR_SOCKET|ECONNRESET)\n${id} poll failed: 503, 2 times in a row\n`)
        )
      }))

    it.effect("says that an id that was never found got 404 each time", () =>
      Effect.gen(function*() {
        const { env } = yield* serve()
        const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"
        const { code, stderr } = yield* inProcess(watch(id, "--timeout", "300ms"), env)
        assert.strictEqual(code, 5)
        assert.match(stderr, /^ {2}Why: The API answered 404 to (\d+) of \1 polls?\.$/m)
      }))

    it.effect("ends with the reason when a poll fails permanently", () =>
      Effect.gen(function*() {
        const { create, env } = yield* serve()
        const { id } = yield* create(good)
        const { code, stderr, stdout } = yield* inProcess(watch(id), { ...env, TWILIO_AUTH_TOKEN: "wrong" })
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(decodeEnded(stdout), { id, outcome: "PollsFailed", success: false, operation: null })
        assert.match(stderr, /^Error: Polling \S+ failed: GET http:\S+ returned 401 Unauthorized\.$/m)
        assert.match(stderr, /\n {2}Why: No poll has found it\.\n(?: {2}Why: .*\n)* {2}Do: {2}Check the credentials/)
      }))

    it.effect("prints every event with ndjson, and nothing on stderr", () =>
      Effect.gen(function*() {
        const faults: FaultPlan.FaultPlan = {
          rules: [
            { when: { nth: [1] }, do: { _tag: "Status", status: 404 } },
            { when: { nth: [1] }, do: { _tag: "Status", status: 500 } }
          ]
        }
        const { create, env } = yield* serve({ faults })
        const { id } = yield* create({ ...good, duration: Duration.zero })
        const { code, stderr, stdout } = yield* inProcess(watch(id, "--format", "ndjson"), env)
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.deepStrictEqual(
          lines(stdout).map((line) => decodeEvent(line)),
          ["NotFoundYet", "PollFailed", "Changed", "Ended"].map((event) => ({ event, id }))
        )
      }))

    it.effect("prints several operations as a list, CSV or a table, in the given order", () =>
      Effect.gen(function*() {
        const { create, env } = yield* serve()
        const first = yield* create(good)
        const second = yield* create(bad)
        const ids = [first.id, second.id, first.id]
        const [json, csv, table] = yield* Effect.all([
          inProcess(watch("-q", "--tolerate", "any", ...ids), env),
          inProcess(watch("-q", "--format", "csv", ...ids), env),
          inProcess(watch("-q", "--format", "table", ...ids), env)
        ], { concurrency: 2 })
        assert.deepStrictEqual(decodeAllEnded(json.stdout).map(({ id, outcome }) => [id, outcome]), [
          [first.id, "Completed"],
          [second.id, "CompletedWithFailures"]
        ])
        assert.strictEqual(
          csv.stdout.split("\r\n")[0],
          "id,outcome,status,total,created,failed,queued,createdAt,updatedAt"
        )
        assert.match(csv.stdout, new RegExp(`\r\n${second.id},CompletedWithFailures,COMPLETED,40,36,4,0,`))
        assert.match(
          table.stdout,
          new RegExp(`^id +outcome .*\n${first.id} +completed .*\n${second.id} +completed with failures `)
        )
      }))

    it.effect("rejects bad input, and sends nothing", () =>
      Effect.gen(function*() {
        const { create, env, requests } = yield* serve()
        const { id } = yield* create(good)
        const refused = [
          [["--timeout", "0s", id], "--timeout"],
          [["--interval", "soon", id], "--interval"],
          [["--tolerate", "101%", id], "--tolerate"],
          [["--tolerate", "most", id], "--tolerate"],
          [["--checkpoint", "no/such/directory", id], "--checkpoint"],
          [[`${id}!`], "ID"],
          [[], "ID"]
        ] as const
        yield* Effect.forEach(refused, ([args, name]) =>
          Effect.gen(function*() {
            const { code, stderr, stdout } = yield* inProcess(["operations", "watch", ...args], env)
            assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
            assert.include(stderr, name)
          }), { concurrency: 2 })
        assert.strictEqual(yield* requests, 0)
      }))

    it.effect("resumes from its checkpoint with the command that it prints when it is interrupted", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { advance, create, env } = yield* serve()
        const file = yield* fileIn("waits of two.ndjson")
        const plan = { ...good, duration: Duration.hours(1) }
        const ids = [(yield* create(plan)).id, (yield* create(plan)).id]
        const args = watch("--checkpoint", file, ...ids)
        const waits = Effect.map(fs.readFileString(file), (text) => lines(text).map((line) => decodeWait(line)))
        const bothSeen = Effect.andThen(
          exists(file),
          Effect.repeat(fs.readFileString(file), {
            schedule: Schedule.spaced("20 millis"),
            until: (text) => lines(text).filter((line) => line.includes(`"last":`)).length === 2
          })
        )
        const first = yield* interrupt(args, env, () => bothSeen)
        assert.strictEqual(first.code, 130)
        assert.include(
          first.stderr,
          `To resume: comms operations watch --interval 100ms --checkpoint '${file}' ${ids.join(" ")}`
        )
        const before = yield* waits
        assert.sameMembers(before.map(({ operationId }) => operationId), ids)
        assert.isFalse(yield* fs.exists(`${file}.tmp`))
        assert.deepStrictEqual(yield* filesOf(file), ["waits of two.ndjson"])

        const failed = yield* inProcess(args, { ...env, TWILIO_AUTH_TOKEN: "wrong" })
        assert.strictEqual(failed.code, 1)
        for (const { operation } of decodeAllEnded(failed.stdout)) assert.strictEqual(operation?.stats["created"], 0)

        const second = yield* comms([...args, "--timeout", "200ms"], env)
        assert.strictEqual(second.code, 5)
        assert.deepStrictEqual(yield* waits, before)

        yield* Effect.forEach(ids, (id) => advance(id, "1 hour"))
        const third = yield* comms([...args, "--timeout", "1h"], env)
        assert.strictEqual(third.code, 0)
        assert.isFalse(yield* fs.exists(file))
        assert.deepStrictEqual(yield* filesOf(file), [])
      }))

    it.effect("rejects a checkpoint of another account, server or resource and a file of another kind, and keeps them", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { create, env, requests } = yield* serve({ accounts: "any" })
        const other = yield* serve({ accounts: "any" })
        const file = yield* fileIn("bound.ndjson")
        const { id } = yield* create(endless)
        const args = watch("--checkpoint", file, id)
        yield* interrupt(args, env, () => exists(file))
        const text = yield* fs.readFileString(file)
        const asked = yield* requests
        const notes = yield* fileIn("notes.txt")
        yield* fs.writeFileString(notes, "buy milk\n")
        const another = yield* create(endless)
        const [account, server, none, resource, anotherId] = yield* Effect.all([
          inProcess(args, { ...env, TWILIO_ACCOUNT_SID: "AC11111111111111111111111111111111" }),
          inProcess(args, { ...env, TWILIO_COMMS_BASE_URL: other.url }),
          inProcess(watch("--checkpoint", notes, id), env),
          inProcess([...args, "--resource", "messages"], env),
          inProcess(watch("--checkpoint", file, another.id, "--resource", "messages"), env)
        ])
        assert.deepStrictEqual(
          [account, server, none, resource, anotherId].map(({ code }) => code),
          [2, 2, 2, 2, 2]
        )
        for (const { stderr } of [resource, anotherId]) assert.match(stderr, belongsTo("resource"))
        assert.match(account.stderr, belongsTo("account"))
        assert.match(server.stderr, belongsTo("server"))
        assert.match(none.stderr, /notes\.txt /)
        assert.notInclude(none.stderr, "milk")
        assert.strictEqual(yield* fs.readFileString(file), text)
        assert.strictEqual(yield* fs.readFileString(notes), "buy milk\n")
        assert.deepStrictEqual([yield* requests, yield* other.requests], [asked, 0])
      }))

    it.effect.skipIf(!canHaveTerminal)(
      "draws bars as wide as the terminal, and shows the wait that the server asks for",
      () =>
        Effect.gen(function*() {
          const faults: FaultPlan.FaultPlan = {
            rules: [
              { when: { nth: [3] }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
              { when: { nth: [5] }, do: { _tag: "Status", status: 500 } }
            ]
          }
          const { advance, asked, create, env } = yield* serve({ faults })
          const one = yield* create({ ...good, failed: 2, duration: Duration.minutes(1) })
          const two = yield* create({ ...good, duration: Duration.zero })
          const [{ code, screen }] = yield* Effect.all([
            onTerminal(`comms ${watch(one.id, two.id).join(" ")}`, { env }),
            Effect.andThen(asked(6), advance(one.id, "1 minute"))
          ], { concurrency: 2 })
          assert.strictEqual(code, 3)
          assert.match(screen, /␛\[\?25l[^]*█[^]*░[^]*␛\[\?25h/)
          assert.match(screen, /The server answered 429 and asks to wait: 1s to go/)
          assert.match(screen, /poll failed: 500/)
          assert.match(screen, /1 of 2 ended; \d+\/80 created/)
          assert.match(screen, /␛\[32m/)
          // The table of both outcomes is too wide for this terminal.
          assert.match(screen, new RegExp(`${two.id}\\s+␛\\[1moutcome *␛\\[0m +␛\\[32mcompleted`))
        })
    )

    it.effect.skipIf(!canHaveTerminal)(
      "draws without colours, or not at all, on terminals that cannot show them",
      () =>
        Effect.gen(function*() {
          const { create, env } = yield* serve()
          const { id } = yield* create(bad)
          const line = `comms ${watch(id).join(" ")}`
          const [plain, dumb, quiet] = yield* Effect.all([
            onTerminal(line, { env: { ...env, LANG: "C", NO_COLOR: "1" } }),
            onTerminal(line, { env: { ...env, TERM: "dumb" } }),
            onTerminal(`${line} --quiet`, { env })
          ], { concurrency: 2 })
          assert.match(plain.screen, /␛\[\?25l\r[|/\-\\] \S+ {2}[#-]{10,}/)
          assert.notMatch(plain.screen, /␛\[\d*m/)
          assert.notMatch(dumb.screen, /␛/)
          assert.match(dumb.screen, new RegExp(`^${id} COMPLETED: 100%`, "m"))
          assert.notMatch(quiet.screen, /␛\[\?25|COMPLETED: \d+%/)
        })
    )

    it.effect.skipIf(!canHaveTerminal)("fits a terminal that becomes narrower", () =>
      Effect.gen(function*() {
        const { advance, asked, create, env } = yield* serve()
        const { id } = yield* create({ ...good, duration: Duration.minutes(1) })
        const narrower = "(read -r key < /dev/tty; stty cols 40 < /dev/tty) &"
        const [{ screen }] = yield* Effect.all([
          onTerminal(`${narrower} comms ${watch(id).join(" ")} > /dev/null`, {
            env,
            columns: 80,
            type: Effect.as(asked(3), "\n")
          }),
          Effect.andThen(asked(10), advance(id, "1 minute"))
        ], { concurrency: 2 })
        const widths = screen.split("\n").filter((line) => line.includes("%")).map((line) =>
          line.replace(/␛\[[?\d]*[a-zA-Z]/g, "").trim().length
        )
        assert.isAtMost(Math.max(...widths), 79)
        assert.isAtLeast(widths[0] ?? 0, 50)
        assert.isAtMost(widths.at(-1) ?? Infinity, 39)
      }))

    it.effect.skipIf(!canHaveTerminal)(
      "shows the cursor again after Ctrl-C, and prints how to resume",
      () =>
        Effect.gen(function*() {
          const { asked, create, env } = yield* serve()
          const { id } = yield* create(endless)
          const { code, screen } = yield* onTerminal(`comms ${watch(id).join(" ")}`, {
            env,
            type: Effect.as(asked(3), "\u0003")
          })
          assert.strictEqual(code, 130)
          assert.match(screen, /␛\[\?25l[^]*␛\[\?25hInterrupted\. To resume: comms operations watch .*\s+$/)
          assert.isAtLeast(screen.lastIndexOf("␛[?25h"), screen.lastIndexOf("␛[?25l"))
        })
    )
  }
)
