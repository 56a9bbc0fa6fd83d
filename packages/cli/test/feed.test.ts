import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, FileSystem, Layer, Schedule, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { comms, layer as layerComms, shell, start } from "./utils/comms.ts"
import { serve } from "./utils/emulator.ts"
import { exists, fileIn, filesOf } from "./utils/files.ts"
import { inProcess } from "./utils/inProcess.ts"
import { interrupt } from "./utils/interrupt.ts"

const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0

const Change = Schema.Struct({
  kind: Schema.Literals(["new", "changed"]),
  operation: Schema.Struct({
    id: Schema.String,
    status: Schema.String,
    stats: Schema.Record(Schema.String, Schema.Int)
  })
})

const decodeChange = Schema.decodeUnknownSync(Schema.fromJsonString(Change))

const decodeState = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ settled: Schema.DateTimeUtcFromString }))
)

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const changesOf = (text: string) => linesOf(text).map((line) => decodeChange(line))

/** The printed states of an operation, without its dates. */
const of = (id: string, changes: ReadonlyArray<typeof Change.Type>): ReadonlyArray<string> => [
  ...new Set(
    changes.filter(({ operation }) => operation.id === id).map(({ kind, operation: { stats, status } }) =>
      `${kind} ${status} ${stats["created"]}`
    )
  )
]

const feed = (
  ...args: ReadonlyArray<string>
): ReadonlyArray<string> => ["operations", "feed", "--interval", "30ms", ...args]

layer(Layer.provideMerge(layerComms, NodeServices.layer), { excludeTestServices: true, timeout: "3 minutes" })(
  "comms operations feed",
  (it) => {
    it.effect("prints new and changed operations, and resumes after a restart", () =>
      Effect.gen(function*() {
        const { advance, asked, create, env, requests } = yield* serve({ operations: 20 })
        const soon = Effect.flatMap(requests, (n) => asked(n + 8))
        const state = yield* fileIn("feed of 20.json")
        const plan = { total: 10, duration: Duration.minutes(10) }
        const { id } = yield* create(plan)
        const args = feed("--since", "8d", "--state", state)

        const first = yield* interrupt(args, env, () =>
          Effect.andThen(soon, Effect.andThen(advance(id, "5 minutes"), soon)))
        assert.strictEqual(first.code, 130)
        assert.strictEqual(
          first.stderr,
          `Interrupted. To resume: comms ${feed("--since", "8d", "--state").join(" ")} '${state}'\n`
        )
        const changes = changesOf(first.stdout)
        assert.strictEqual(
          new Set(
            changes.filter(({ kind }) =>
              kind === "new"
            ).map(({ operation }) => operation.id)
          ).size,
          21
        )
        assert.deepStrictEqual(of(id, changes), ["new PROCESSING 0", "changed PROCESSING 5"])

        yield* advance(id, "10 minutes")
        const later = yield* create({ ...plan, duration: Duration.zero })
        const second = yield* interrupt(args, env, () => soon)
        assert.strictEqual(second.code, 130)
        assert.match(second.stderr, /^Resuming from .*feed of 20\.json; --since is ignored\.\n/)
        const more = changesOf(second.stdout)
        assert.deepStrictEqual(of(id, more), ["changed COMPLETED 10"])
        assert.deepStrictEqual(of(later.id, more), ["new COMPLETED 10"])
      }))

    it.effect("prints the changes of the resource", () =>
      Effect.gen(function*() {
        const { advance, asked, create, env, requests } = yield* serve()
        const plan = { total: 10, scheduled: Duration.minutes(10), duration: Duration.zero }
        const { id } = yield* create(plan, "EmailOperations")
        const soon = Effect.flatMap(requests, (n) => asked(n + 8))
        const { code, stdout } = yield* interrupt(
          feed("--since", "1h", "--resource", "emails"),
          env,
          (output) => Effect.andThen(output, Effect.andThen(advance(id, "10 minutes"), soon))
        )
        assert.strictEqual(code, 130)
        assert.deepStrictEqual(
          changesOf(stdout).map(({ kind, operation: { stats, status } }) => [kind, status, stats["delivered"]]),
          [["new", "SCHEDULED", 0], ["changed", "COMPLETED", 10]]
        )
      }))

    it.effect("loses nothing and prints nothing twice when it is interrupted at any time", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { env } = yield* serve({ operations: 5000 })
        const state = yield* fileIn("feed of 5000.json")
        const started = yield* DateTime.now
        const isRead = Effect.map(
          fs.readFileString(state),
          (text) => DateTime.isGreaterThan(decodeState(text).settled, DateTime.subtract(started, { minutes: 15 }))
        )
        const wholeRound = Effect.repeat(isRead, {
          schedule: Schedule.spaced("20 millis"),
          until: (isRead) => isRead
        })
        const printed: Array<string> = []
        for (const isLast of [false, false, false, true]) {
          const args = feed("--since", "8d", "--state", state)
          const { code, stdout } = yield* interrupt(args, env, (output) => isLast ? wholeRound : output)
          assert.strictEqual(code, 130)
          printed.push(...linesOf(stdout))
          assert.isFalse(yield* fs.exists(`${state}.tmp`))
          assert.deepStrictEqual(yield* filesOf(state), ["feed of 5000.json"])
        }
        assert.strictEqual(new Set(printed).size, printed.length)
        assert.strictEqual(printed.filter((line) => decodeChange(line).kind === "new").length, 5000)
      }))

    it.effect("ends when its reader closes the pipe", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ operations: 3000 })
        const { code, stderr, stdout } = yield* shell(
          "comms operations feed --since 8d | head -n 3; exit ${PIPESTATUS[0]}",
          env
        )
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.strictEqual(changesOf(stdout).length, 3)
      }))

    it.effect("rejects bad input and the state of another account or resource, and sends nothing", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { env, requests } = yield* serve({ accounts: "any" })
        const state = yield* fileIn("bound.json")
        const notes = yield* fileIn("feed notes.txt")
        yield* fs.writeFileString(notes, "buy milk\n")
        const secrets = yield* fileIn("secrets.env")
        yield* fs.writeFileString(secrets, "TWILIO_AUTH_TOKEN=s3cret\n")
        const made = yield* interrupt(feed("--since", "1d", "--state", state), env, () => exists(state))
        assert.strictEqual(made.code, 130)
        const before = yield* requests
        const other = { ...env, TWILIO_ACCOUNT_SID: "AC11111111111111111111111111111111" }
        const refused = [
          [feed(), env, /^Error: A feed needs --since\./],
          [feed("--since", "tomorrow"), env, /--since/],
          [feed("--since", "1d", "--interval", "0s"), env, /--interval/],
          [
            feed("--since", "1d", "--state", "no/such/file"),
            env,
            /^Error: --state: .*no\/such\/file cannot be written\./
          ],
          [feed("--since", "1d", "--state", secrets), env, /secrets\.env is not a file that this command has written/],
          [feed("--since", "1d", "--state", notes), env, /feed notes\.txt is not a file that this command has written/],
          [
            feed("--state", state),
            other,
            /bound\.json cannot be resumed\. .*\n {2}Why: The checkpoint belongs to another account/
          ],
          [
            feed("--state", state, "--resource", "messages"),
            env,
            /bound\.json cannot be resumed\. .*\n {2}Why: The checkpoint belongs to another resource/
          ]
        ] as const
        yield* Effect.forEach(refused, ([args, env, expected]) =>
          Effect.gen(function*() {
            const { code, stderr, stdout } = yield* inProcess(args, env)
            assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
            assert.match(stderr, expected)
            assert.notInclude(stderr, "s3cret")
          }), { concurrency: 2 })
        assert.strictEqual(yield* requests, before)
        assert.strictEqual(yield* fs.readFileString(notes), "buy milk\n")
      }))

    it.effect("refuses a state file that another process holds, and takes it over from a process that was killed", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { env } = yield* serve({ operations: 20 })
        const state = yield* fileIn("held.json")
        const args = feed("--since", "8d", "--state", state)
        const locked = fs.exists(`${state}.lock`)

        const killed = yield* start(args, env)
        yield* exists(state)
        const refused = yield* comms(args, env)
        assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
        assert.include(refused.stderr, `is in use by process ${killed.pid}. Nothing was sent.`)
        assert.isTrue(yield* locked)
        yield* killed.kill({ killSignal: "SIGKILL" })
        assert.isTrue(yield* locked)

        const interrupted = yield* interrupt(args, env, () =>
          // The lock is absent for a moment while it is taken over.
          Effect.repeat(Effect.orElseSucceed(fs.readFileString(`${state}.lock`), () => ""), {
            schedule: Schedule.spaced("20 millis"),
            until: (text) => text !== "" && text !== `${killed.pid}\n`
          }))
        assert.strictEqual(interrupted.code, 130)
        assert.isFalse(yield* locked)
        const failed = yield* comms(args, { ...env, TWILIO_AUTH_TOKEN: "wrong" })
        assert.strictEqual(failed.code, 1)
        assert.isFalse(yield* locked)
        yield* shell(`comms ${feed("--since", "8d", "--state", "piped.json").join(" ")} | head -n 1`, env)
        assert.isFalse(yield* fs.exists(yield* fileIn("piped.json.lock")))
      }))

    it.effect("exits with 1 after a permanent failure", () =>
      Effect.gen(function*() {
        const { env } = yield* serve()
        const { code, stderr, stdout } = yield* inProcess(feed("--since", "1d"), { ...env, TWILIO_AUTH_TOKEN: "wrong" })
        assert.deepStrictEqual([code, stdout], [1, ""])
        assert.match(stderr, /^Error: SenderPoolOperations\.changes failed: GET \S+ returned 401 Unauthorized\./)
      }))

    it.effect.skipIf(!canMount)("says that the disk is full, and leaves no file behind", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ operations: 20 })
        const command = `comms ${feed("--since", "8d", "--state", "full/state.json").join(" ")} > /dev/null`
        const { code, stderr, stdout } = yield* shell(
          `mkdir full; unshare -rm bash -c 'mount -t tmpfs -o size=16k none full && head -c 1M /dev/zero > full/other;
            ${command}; code=$?; ls full; exit $code'`,
          env
        )
        assert.deepStrictEqual([code, stdout], [1, "other\n"])
        assert.match(stderr, /^Error: --state: \S+state\.json cannot be written, because the disk is full\.$/m)
      }))
  }
)
