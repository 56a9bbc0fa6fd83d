import { Emulator, type FaultPlan, Report } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, FileSystem, Layer, Option, Queue, Schema, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { Comms, comms, type Env, envOf, layer as layerComms, type Ran, run, shell, start } from "./utils/comms.ts"
import { inProcess } from "./utils/inProcess.ts"

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

const Operation = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  stats: Schema.Struct({
    total: Schema.Int,
    queued: Schema.Int,
    created: Schema.Int,
    failed: Schema.Int
  }),
  createdAt: Schema.String,
  updatedAt: Schema.String
})

const decodeOperation = Schema.decodeUnknownSync(Operation)

const decodeMessage = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ status: Schema.String, stats: Schema.Record(Schema.String, Schema.Int) }))
)

const decodeOperations = Schema.decodeUnknownSync(Schema.Array(Operation))

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const ndjson = (text: string) => lines(text).map((line) => decodeOperation(decodeJson(line)))

/** An emulator on a port, and the environment of a command that uses it. */
const serve = Effect.fnUntraced(function*(options?: Emulator.Options) {
  const context = yield* Layer.build(
    Layer.fresh(Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer({ operations: 300, ...options }))))
  )
  const emulator = Context.get(context, Emulator.Emulator)
  const { url } = Context.get(context, Emulator.Address)
  return { env: envOf(url), url, requests: Effect.map(emulator.report, ({ requests }) => requests), emulator }
})

const always = (fault: FaultPlan.Fault): FaultPlan.FaultPlan => ({ rules: [{ do: fault }] })

const nth = (n: number, fault: FaultPlan.Fault): FaultPlan.FaultPlan => ({ rules: [{ when: { nth: [n] }, do: fault }] })

const noStack = ({ stderr }: Ran) => {
  assert.notMatch(stderr, /^\s+at |node:internal|\.js:\d/m)
}

const list = (...flags: ReadonlyArray<string>): ReadonlyArray<string> => ["operations", "list", ...flags]

const listOne = (env: Env, ...flags: ReadonlyArray<string>) => inProcess(list("--limit", "1", ...flags), env)

const doctor = (env: Env) => inProcess(["doctor", "--format", "table"], env)

const grade = (command: string, ...scenarios: ReadonlyArray<string>) =>
  comms([
    "grade",
    "--command",
    command,
    "--format",
    "csv",
    ...scenarios.flatMap((scenario) => ["--scenario", scenario])
  ])

const missing = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

type Services = Layer.Success<typeof NodeServices.layer>

const escape = "\u001b"

const canHaveTerminal = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true

/** Runs a shell script on a terminal. */
const onTerminal = Effect.fnUntraced(function*(script: string, env: Env = {}) {
  const { directory, path } = yield* Comms
  return yield* run("script", ["-qec", script, "/dev/null"], {
    cwd: directory,
    env: { PATH: path, TERM: "xterm", SHELL: "/bin/sh", ...env }
  })
})

layer(Layer.provideMerge(layerComms, NodeServices.layer), { excludeTestServices: true, timeout: "3 minutes" })(
  "comms",
  (it) => {
    it.effect("prints rows in every format", () =>
      Effect.gen(function*() {
        const { env } = yield* serve()
        const listAs = (format: string) =>
          inProcess(list("--limit", "3", "--status", "COMPLETED", "--format", format), env)
        const [table, json, csv] = yield* Effect.all([listAs("table"), listAs("json"), listAs("csv")], {
          concurrency: 2
        })
        const piped = yield* comms(["operations", "list", "--limit=3", "--status=COMPLETED"], env)
        for (const { code, stderr } of [table, json, csv, piped]) assert.deepStrictEqual([code, stderr], [0, ""])
        const rows = ndjson(piped.stdout)
        assert.deepStrictEqual(rows.map(({ status }) => status), ["COMPLETED", "COMPLETED", "COMPLETED"])
        assert.deepStrictEqual(decodeOperations(decodeJson(json.stdout)), rows)
        assert.strictEqual(
          csv.stdout,
          [
            "id,status,total,created,failed,queued,createdAt,updatedAt",
            ...rows.map(({ createdAt, id, stats, status, updatedAt }) =>
              [id, status, stats.total, stats.created, stats.failed, stats.queued, createdAt, updatedAt].join(",")
            ),
            ""
          ].join("\r\n")
        )
        const [header = "", ...cells] = lines(table.stdout)
        assert.match(header, /^id +status +total +created +failed +queued +created at +updated at$/)
        assert.deepStrictEqual(
          cells.map((line) => line.split(/ {2,}/).slice(0, 6)),
          rows.map(({ id, stats, status }) => [
            id,
            status,
            String(stats.total),
            String(stats.created),
            String(stats.failed),
            String(stats.queued)
          ])
        )
        assert.strictEqual(new Set(cells.map((line) => line.indexOf("COMPLETED"))).size, 1)
      }))

    it.effect("prints a complete document for an empty list and for a list that fails midway", () =>
      Effect.gen(function*() {
        const empty = yield* serve({ operations: 0 })
        const none = yield* inProcess(["operations", "list", "--format", "json"], empty.env)
        assert.deepStrictEqual([none.code, decodeJson(none.stdout)], [0, []])
        const { env } = yield* serve({ faults: nth(2, { _tag: "Status", status: 500 }) })
        const broken = yield* inProcess(["operations", "list", "--page-size", "5", "--format", "json"], env)
        assert.strictEqual(broken.code, 1)
        assert.lengthOf(decodeOperations(decodeJson(broken.stdout)), 5)
        assert.include(broken.stderr, "returned 500 Internal Server Error")
        assert.include(broken.stderr, "20500, https://www.twilio.com/docs/api/errors/20500")
        noStack(broken)
      }))

    it.effect("requests only the pages that --limit needs", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve()
        const listed = yield* inProcess(["operations", "list", "--limit", "6", "--page-size", "2"], env)
        assert.lengthOf(ndjson(listed.stdout), 6)
        assert.lengthOf(yield* requests, 3)
        yield* inProcess(["operations", "list", "--limit", "7"], env)
        assert.include((yield* requests)[3]?.url, "pageSize=7")
        assert.lengthOf(yield* requests, 4)
      }))

    it.effect("reads a period in windows: each operation once, at most --limit operations", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve({ operations: 2000 })
        const scan = list("--start-date", "8d", "--page-size", "100", "--windows", "4")
        const all = yield* inProcess(scan, env)
        const ranges = new Set((yield* requests).map(({ url }) => /startDate=[^&]*/.exec(url)?.[0]))
        const [some, plain] = yield* Effect.all([
          inProcess([...scan, "--limit", "250", "--status", "COMPLETED"], env),
          inProcess(list(), env)
        ], { concurrency: 2 })
        const idsOf = ({ stdout }: Ran) => ndjson(stdout).map(({ id }) => id)
        assert.deepStrictEqual([all.code, all.stderr, some.code], [0, "", 0])
        assert.sameMembers(idsOf(all), idsOf(plain))
        assert.isAtLeast(ranges.size, 4)
        assert.deepStrictEqual(ndjson(some.stdout).map(({ status }) => status), Array(250).fill("COMPLETED"))
      }))

    it.effect("sends the filters, with dates in UTC and ages", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve()
        const flags = ["--start-date", "2d", "--end-date", "2100-01-02", "--status", "PROCESSING", "--limit", "1"]
        yield* inProcess(["operations", "list", ...flags], env)
        const [request] = yield* requests
        const query = new URL(request?.url ?? "", "http://localhost").searchParams
        assert.strictEqual(query.get("endDate"), "2100-01-02T00:00:00.000Z")
        assert.strictEqual(query.get("status"), "PROCESSING")
        const ago = Date.now() - Date.parse(query.get("startDate") ?? "")
        assert.isAtLeast(ago, 2 * 86_400_000)
        assert.isBelow(ago, 2 * 86_400_000 + 60_000)
      }))

    it.effect("prints one operation as a document, and several in the given order without missing ones", () =>
      Effect.gen(function*() {
        const { emulator, env, requests } = yield* serve()
        const made = yield* Effect.replicateEffect(emulator.create({ total: 7, duration: Duration.zero }), 3)
        const [a = "", b = "", c = ""] = made.map(({ id }) => id)
        const [one, several] = yield* Effect.all([
          inProcess(["operations", "get", b, "--format", "json"], env),
          inProcess(["operations", "get", c, missing, a, b], env)
        ], { concurrency: 2 })
        assert.strictEqual(decodeOperation(decodeJson(one.stdout)).id, b)
        assert.strictEqual(one.code, 0)
        assert.deepStrictEqual(ndjson(several.stdout).map(({ id }) => id), [c, a, b])
        assert.strictEqual(several.code, 1)
        assert.include(several.stderr, `${missing} returned 404 Not Found`)
        assert.include(several.stderr, "20404, https://www.twilio.com/docs/api/errors/20404")
        assert.lengthOf(yield* requests, 5)
      }))

    it.effect("lists and fetches the operations of the resource", () =>
      Effect.gen(function*() {
        const { emulator, env, requests } = yield* serve({ operations: 100 })
        const { id } = yield* emulator.create({ total: 7, failed: 2, duration: Duration.zero }, "MessageOperations")
        const messages = ["--resource", "messages"]
        const [csv, scheduled, fetched, elsewhere] = yield* Effect.all([
          inProcess(list(...messages, "--limit", "2", "--format", "csv"), env),
          inProcess(list(...messages, "--status", "SCHEDULED", "--start-date", "8d", "--windows", "2"), env),
          inProcess(["operations", ...messages, "get", id], env),
          inProcess(["operations", "get", id, "--resource", "emails"], env)
        ])
        assert.deepStrictEqual([csv.code, scheduled.code, fetched.code, elsewhere.code], [0, 0, 0, 1])
        assert.match(csv.stdout, /^id,status,total,settled,failed,queued,scheduled,createdAt,updatedAt\r\n/)
        assert.lengthOf(csv.stdout.split("\r\n"), 4)
        const statuses = lines(scheduled.stdout).map((line) => decodeMessage(line).status)
        assert.isNotEmpty(statuses)
        assert.deepStrictEqual([...new Set(statuses)], ["SCHEDULED"])
        const { stats } = decodeMessage(fetched.stdout)
        assert.deepStrictEqual([stats["total"], stats["delivered"], stats["failed"]], [7, 5, 2])
        assert.include(elsewhere.stderr, "404 Not Found")
        const paths = new Set((yield* requests).map(({ url }) => url.split("?")[0]))
        assert.sameMembers([...paths], [
          "/v1/Messages/Operations",
          `/v1/Messages/Operations/${id}`,
          `/v1/Emails/Operations/${id}`
        ])
      }))

    it.effect("prints the rest of a list with an operation that cannot be read, and exits with 1", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ operations: 5, faults: { rules: [{ do: { _tag: "WrongShape", index: 3 } }] } })
        const { code, stderr, stdout } = yield* inProcess(["operations", "list"], env)
        assert.deepStrictEqual([code, lines(stdout).length], [1, 4])
        assert.include(stderr, "The item at index 3 of a page (comms_operation_")
        assert.include(stderr, "1 operation could not be read.")
        const scan = yield* inProcess(["operations", "list", "--windows", "1", "--start-date", "30d"], env)
        assert.deepStrictEqual([scan.code, lines(scan.stdout).length], [1, 4])
      }))

    it.effect("ends silently when its reader closes the pipe, and stops sending requests", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve({ operations: 20_000 })
        const piped = yield* shell("set -o pipefail; comms operations list --page-size 100 | head -n 2", env)
        assert.deepStrictEqual([piped.code, piped.stderr, lines(piped.stdout).length], [0, "", 2])
        assert.isBelow((yield* requests).length, 100)
      }))

    it.effect("reports output that cannot be written", () =>
      Effect.gen(function*() {
        const { code, stderr } = yield* shell("comms operations list --emulator > /dev/full")
        assert.deepStrictEqual([code, stderr], [1, "Error: The output cannot be written: ENOSPC\n"])
      }))

    it.effect("prints the first page before the second arrives, and exits with 130 on Ctrl-C", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ faults: nth(2, { _tag: "Delay", duration: Duration.minutes(1) }) })
        const child = yield* start(["operations", "list", "--page-size", "10"], env)
        const first = yield* child.stdout.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.take(10),
          Stream.runCollect
        )
        assert.lengthOf(first, 10)
        const stderr = yield* Effect.forkChild(Stream.mkString(Stream.decodeText(child.stderr)))
        yield* child.kill({ killSignal: "SIGINT" })
        assert.strictEqual(yield* child.exitCode, 130)
        assert.strictEqual(yield* Fiber.join(stderr), "")
      }))

    it.effect("rejects bad input with exit code 2 and the name of the flag, and sends nothing", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve()
        const cases: ReadonlyArray<readonly [ReadonlyArray<string>, ...ReadonlyArray<string>]> = [
          [["operations", "get", "comms_operation_short"], "<ID>", "comms_operation_01h9krwprkeee8fzqspvwy6nq8"],
          [["operations", "get"], "ID"],
          [list("--start-date", "yesterday"), "--start-date", "RFC 3339", "7d"],
          [list("--end-date", "999999999d"), "--end-date"],
          [list("--start-date", "1h", "--end-date", "2h"), "--start-date", "--end-date"],
          [list("--page-size", "1001"), "--page-size", "from 1 to 1000"],
          [list("--limit", "1e3"), "--limit", "a whole number from 1\n"],
          [list("--status", "DONE"), "--status", "PROCESSING"],
          [list("--status", "SCHEDULED"), "--status", "PROCESSING, COMPLETED or CANCELED"],
          [list("--status", "SCHEDULED", "--windows", "2", "--start-date", "7d"), "--status", "SCHEDULED"],
          [list("--resource", "pools"), "--resource", "sender-pools", "messages", "emails"],
          [["doctor", "--resource", "messages"], "--resource"],
          [list("--windows", "65", "--start-date", "7d"), "--windows", "from 1 to 64"],
          [list("--windows", "8"), "--windows", "--start-date"],
          [list("--windows", "8", "--start-date", "7d", "--page-token", "x"), "--windows", "--page-token"],
          [list("--format", "xml"), "--format", "ndjson"],
          [list("--env-file", "none.env"), "--env-file", "none.env"],
          [list("--statsu", "COMPLETED"), "--statsu", "--status"],
          [["emulator", "--faults", "nonsense"], "--faults", "rate-limited"],
          [["emulator", "--report", "no/such/directory"], "--report"],
          [["grade", "--command", "true", "--scenario", "none"], "--scenario", "retryAfter429"],
          [["grade", "--scenario", "interrupted"], "--scenario", "--command"],
          [["grade", "--quiet"], "--quiet", "--command"],
          [["grade"], "Nothing was graded"]
        ]
        yield* Effect.forEach(cases, ([args, ...said]) =>
          Effect.gen(function*() {
            const ran = yield* inProcess(args, env)
            assert.deepStrictEqual([ran.code, ran.stdout], [2, ""], args.join(" "))
            for (const part of said) assert.include(ran.stderr, part)
            noStack(ran)
          }), { concurrency: 2 })
        assert.lengthOf(yield* requests, 0)
      }))

    it.effect("shortens long input in its messages", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ faults: always({ _tag: "Status", status: 400 }) })
        const long = "x".repeat(5000)
        const spaced = "x ".repeat(2500)
        const cases: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
          [1, list("--verbose", "--page-token", long)],
          [2, ["operations", "get", long]],
          [2, ["operations", "watch", missing, "--checkpoint", `/${long}`]],
          [2, ["operations", "feed", "--since", "1d", "--state", long]],
          [2, list("--start-date", long)],
          [2, list("--start-date", spaced)],
          [2, list("--status", long)],
          [2, list(`--${long}`)],
          [2, list(spaced)],
          [2, [long]],
          [2, list("--env-file", long)],
          [2, ["emulator", "--faults", long]],
          [2, ["emulator", "--report", long]],
          [2, ["grade", "--command", "true", "--scenario", spaced]],
          [2, ["grade", "--command", `./${long}`, "--scenario", "notFound"]]
        ]
        yield* Effect.forEach(cases, ([expected, args]) =>
          Effect.gen(function*() {
            const { code, stderr, stdout } = yield* inProcess(args, env)
            const name = args.join(" ").slice(0, 50)
            assert.strictEqual(code, expected, name)
            assert.notMatch(stdout + stderr, /(?:x\s?){101}/, name)
            assert.include(stderr, "…", name)
          }), { concurrency: 2 })
      }))

    it.effect("names what is wrong in a fault plan, without its content", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Comms
        const refused = (content: string) =>
          Effect.gen(function*() {
            yield* fs.writeFileString(`${directory}/plan.json`, content)
            const { code, stderr } = yield* inProcess(["emulator", "--faults", `${directory}/plan.json`])
            assert.strictEqual(code, 2)
            assert.notInclude(stderr, "s3cret")
            return stderr
          })
        assert.include(yield* refused("TWILIO_AUTH_TOKEN=s3cret"), "plan: Expected a valid JSON string.")
        assert.include(
          yield* refused("{\"rules\":[{\"do\":{\"_tag\":\"Status\",\"status\":\"s3cret\"}}]}"),
          "rules[0].do.status: Expected number."
        )
      }))

    it.effect("reports missing variables, and reads them from the file of --env-file", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Comms
        const { env, requests, url } = yield* serve({ accounts: "any" })
        yield* fs.writeFileString(
          `${directory}/.env`,
          `TWILIO_COMMS_BASE_URL=${url}\nTWILIO_ACCOUNT_SID=${accountOf("f")}\nTWILIO_AUTH_TOKEN="from the file"\n`
        )
        yield* fs.writeFileString(`${directory}/notes.env`, "buy milk\n")
        const [none, half, notes] = yield* Effect.all([
          listOne({}),
          listOne({ TWILIO_ACCOUNT_SID: "AC1" }),
          listOne(env, "--env-file", `${directory}/notes.env`)
        ], { concurrency: 2 })
        assert.strictEqual(notes.code, 2)
        assert.match(notes.stderr, /^Error: --env-file: \S+notes\.env sets none of the variables/)
        for (const { code, stderr } of [none, half]) {
          assert.strictEqual(code, 2)
          assert.include(stderr, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET")
          assert.include(stderr, "--emulator")
        }
        assert.include(half.stderr, "TWILIO_ACCOUNT_SID is set")
        assert.lengthOf(yield* requests, 0)
        const file = ["--env-file", `${directory}/.env`]
        assert.strictEqual((yield* listOne({}, ...file)).code, 0)
        assert.strictEqual((yield* listOne({ ...env, TWILIO_ACCOUNT_SID: accountOf("e") }, ...file)).code, 0)
        yield* fs.writeFileString(`${directory}/key.env`, "TWILIO_API_KEY=SKfile\nTWILIO_API_SECRET=of the file\n")
        assert.strictEqual((yield* listOne(env, "--env-file", `${directory}/key.env`)).code, 0)
        assert.deepStrictEqual((yield* requests).map(({ account }) => account), [
          accountOf("f"),
          accountOf("e"),
          accountOf("0")
        ])
      }))

    it.effect("shows no secret in any error", () =>
      Effect.gen(function*() {
        const secret = "s3cr3t+/t0ken"
        const { env } = yield* serve({
          faults: nth(2, { _tag: "Body", body: `<p>${secret}</p>`, mediaType: "text/html" })
        })
        const wrong = { ...env, TWILIO_AUTH_TOKEN: secret }
        const verbose = list("--verbose")
        const refused = yield* inProcess(verbose, wrong)
        const html = yield* inProcess([...verbose, "--log-format", "json"], wrong)
        const [down, doctor] = yield* Effect.all([
          inProcess(verbose, { ...wrong, TWILIO_COMMS_BASE_URL: "http://127.0.0.1:1", TWILIO_COMMS_MAX_ATTEMPTS: "1" }),
          inProcess(["doctor"], wrong)
        ], { concurrency: 2 })
        assert.include(refused.stderr, "returned 401 Unauthorized")
        assert.include(html.stderr, "<redacted>")
        assert.include(down.stderr, "ECONNREFUSED")
        const basic = btoa(`${Emulator.defaultCredentials.accountSid}:${secret}`)
        for (const ran of [refused, html, down, doctor]) {
          assert.strictEqual(ran.code, 1)
          assert.notInclude(ran.stdout + ran.stderr, secret)
          assert.notInclude(ran.stdout + ran.stderr, basic)
          noStack(ran)
        }
      }))

    it.effect("prints errors in a few lines with the request id, and the attempts with --verbose", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({
          faults: always({
            _tag: "Status",
            status: 502,
            body: "<html><h1>502 Bad Gateway</h1></html>",
            mediaType: "text/html",
            headers: { "twilio-request-id": "RQ123" }
          })
        })
        const limited = { ...env, TWILIO_COMMS_MAX_ATTEMPTS: "2" }
        const [text, json, quiet] = yield* Effect.all([
          inProcess(["operations", "list", "--verbose"], limited),
          inProcess(["operations", "list", "--verbose", "--log-format", "json"], limited),
          inProcess(list("--quiet", "--verbose"), limited)
        ], { concurrency: 2 })
        assert.deepStrictEqual([text.code, json.code, quiet.code], [1, 1, 1])
        const said = lines(text.stderr)
        assert.match(said[0] ?? "", /^Attempt 1 of GET http:.* ended with 502; retrying in \d+ms\.$/)
        assert.match(said[1] ?? "", /^Error: GET http:.* returned 502 after 2 attempts\.$/)
        assert.strictEqual(
          said[2],
          "  Why: The body (text/html) begins with \"<html><h1>502 Bad Gateway</h1></html>\"."
        )
        assert.match(said[3] ?? "", /^ {2}Why: The API does not document this status/)
        assert.match(said[4] ?? "", /^ {2}Do: {2}Check TWILIO_COMMS_BASE_URL/)
        assert.strictEqual(said[5], "  Request id: RQ123")
        assert.match(said.slice(6).join("\n"), /^ {2}attempt 1: .*502 .*\n {2}attempt 2: waited .* 502 .*$/)
        const entries = lines(json.stderr).map((line) =>
          Schema.decodeUnknownSync(Schema.Struct({ level: Schema.String, annotations: Schema.Json }))(decodeJson(line))
        )
        assert.deepStrictEqual(entries.map(({ level }) => level), ["INFO", "ERROR"])
        assert.include(JSON.stringify(entries[1]?.annotations), "\"requestId\":\"RQ123\"")
        assert.deepStrictEqual(lines(quiet.stderr).slice(0, 5), said.slice(1, 6))
      }))

    it.effect("removes control characters from text of the server", () =>
      Effect.gen(function*() {
        const status = `${escape}[2J\u009b2J=cmd|' "x",\u202e`
        const { env } = yield* serve({ faults: always({ _tag: "UnknownStatus", status }) })
        const listAs = (format: string) => inProcess(list("--limit", "2", "--format", format), env)
        const [table, csv, piped] = yield* Effect.all([listAs("table"), listAs("csv"), listAs("ndjson")], {
          concurrency: 2
        })
        for (const { code, stdout } of [table, csv, piped]) {
          assert.strictEqual(code, 0)
          assert.notMatch(stdout.replace(/\r?\n/g, ""), /[\p{Cc}\p{Cf}]/u)
        }
        assert.strictEqual(ndjson(piped.stdout)[0]?.status, status)
        assert.include(csv.stdout, `,"[2J 2J=cmd|' ""x"",",`)
      }))

    it.effect("prints no invisible character in messages, as text or as JSON", () =>
      Effect.gen(function*() {
        const args = ["emulator", "--faults", "a\u200b\u0085\u{e0041}b"]
        const [text, json] = yield* Effect.all([inProcess(args), inProcess([...args, "--log-format", "json"])])
        for (const { code, stderr } of [text, json]) {
          assert.strictEqual(code, 2)
          assert.notMatch(stderr.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\u{e0000}-\u{e007f}]/u)
        }
      }))

    it.effect.skipIf(!canHaveTerminal)(
      "prints a table with colours on a terminal unless NO_COLOR is set",
      () =>
        Effect.gen(function*() {
          const script = "comms operations list --emulator --limit 2"
          const [colours, plain] = yield* Effect.all([onTerminal(script), onTerminal(script, { NO_COLOR: "1" })], {
            concurrency: 2
          })
          assert.deepStrictEqual([colours.code, plain.code], [0, 0])
          assert.include(colours.stdout, `${escape}[1mid `)
          assert.notInclude(plain.stdout, escape)
          assert.match(plain.stdout, /^id +status/)
          const piped = yield* onTerminal(
            "comms operations list --emulator --limit 2 --format table | cat; comms --help | cat"
          )
          assert.notInclude(piped.stdout, escape)
        })
    )

    it.effect.skipIf(!canHaveTerminal)(
      "shows retries on a line of the terminal, which is erased afterwards",
      () =>
        Effect.gen(function*() {
          const busy = yield* serve({ faults: nth(1, { _tag: "Status", status: 503 }) })
          const down = { ...busy.env, TWILIO_COMMS_BASE_URL: "http://127.0.0.1:1", TWILIO_COMMS_MAX_ATTEMPTS: "2" }
          const script = "comms operations list --limit 1"
          const retried = yield* onTerminal(script, busy.env)
          const [failed, quiet, elsewhere] = yield* Effect.all([
            onTerminal(script, down),
            onTerminal(`${script} --quiet`, down),
            onTerminal(`${script} 2> errors.txt; cat errors.txt`, down)
          ], { concurrency: 2 })
          assert.match(
            retried.stdout,
            new RegExp(`^\rretrying \\(2 of 6\\): 503${escape}\\[K\r\r${escape}\\[K\r[^\r]*id`)
          )
          assert.match(
            failed.stdout,
            new RegExp(
              `^\rretrying \\(2 of 2\\): ECONNREFUSED${escape}\\[K\r\r${escape}\\[K\r[^\r]*id[^\r]*\r\nError: `
            )
          )
          for (const { stdout } of [quiet, elsewhere]) {
            assert.include(stdout, "Error: ")
            assert.notInclude(stdout, "retrying")
          }
        })
    )

    it.effect("runs an emulator on a port until Ctrl-C, then prints a report", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Comms
        const child = yield* start(["emulator", "--operations", "20", "--report", "report.json"])
        const output: Array<string> = []
        const printed = yield* Effect.forkChild(
          Stream.runForEach(Stream.splitLines(Stream.decodeText(child.stdout)), (line) =>
            Effect.sync(() => output.push(line)))
        )
        const hints = yield* child.stderr.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.takeUntil((line) =>
            line.startsWith("Ctrl-C")
          ),
          Stream.runCollect
        )
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(hints.join(" "))?.[0] ?? ""
        const env = /TWILIO_\w+=.*(?= \\)/.exec(hints.join("\n"))?.[0] ?? ""
        const listed = yield* shell(`${env} comms operations list`)
        assert.lengthOf(ndjson(listed.stdout), 20)
        yield* child.kill({ killSignal: "SIGINT" })
        assert.strictEqual(yield* child.exitCode, 130)
        yield* Fiber.join(printed)
        assert.strictEqual(output[0], url)
        assert.match(output.join("\n"), / 200 +GET \/v1\/SenderPools\/Operations\?pageSize=1000$/m)
        const report = yield* Schema.decodeEffect(Report.ReportFromJson)(
          yield* fs.readFileString(`${directory}/report.json`)
        )
        assert.strictEqual(report.summary.requests, 1)
      }))

    it.effect("runs an emulator on another host than loopback, and says that the network reaches it", () =>
      Effect.gen(function*() {
        const told = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
          const child = yield* start(["emulator", "--operations", "5", ...args])
          const url = yield* Stream.runHead(Stream.splitLines(Stream.decodeText(child.stdout)))
          const answer = yield* Effect.promise(() => fetch(`${Option.getOrThrow(url)}/v1/SenderPools/Operations`))
          yield* child.kill({ killSignal: "SIGINT" })
          const stderr = yield* Stream.mkString(Stream.decodeText(child.stderr))
          return { url: Option.getOrThrow(url), status: answer.status, stderr }
        })
        const [open, closed] = yield* Effect.all([told("--host", "0.0.0.0"), told()], { concurrency: 2 })
        for (const { status, url } of [open, closed]) {
          assert.strictEqual(status, 401)
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
        }
        assert.strictEqual(lines(open.stderr).filter((line) => line.includes("reachable from the network")).length, 1)
        assert.notInclude(closed.stderr, "network")
        const refused = yield* inProcess(["emulator", "--host", "192.0.2.1"])
        assert.strictEqual(refused.code, 2)
        assert.include(refused.stderr, "--host: Cannot listen on 192.0.2.1:0")
      }))

    it.effect("shows the configuration, and tests the API, the credentials and the clock", () =>
      Effect.gen(function*() {
        const { env, url } = yield* serve({ faults: always({ _tag: "ClockSkew", by: -90_000 }) })
        const [well, wrong, refused, down, none] = yield* Effect.all([
          doctor(env),
          doctor({ ...env, TWILIO_COMMS_MAX_ATTEMPTS: "many" }),
          doctor({ ...env, TWILIO_AUTH_TOKEN: "wrong" }),
          doctor({ ...env, TWILIO_COMMS_BASE_URL: "http://127.0.0.1:1" }),
          doctor({})
        ], { concurrency: 2 })
        assert.deepStrictEqual([well, wrong, refused, down, none].map(({ code }) => code), [0, 2, 1, 1, 2])
        assert.include(wrong.stderr, "TWILIO_COMMS_MAX_ATTEMPTS: Expected a whole number")
        assert.notInclude(refused.stderr, "comms doctor")
        assert.match(well.stdout, new RegExp(`^TWILIO_COMMS_BASE_URL +ok +${url}, from environment$`, "m"))
        assert.match(well.stdout, /^TWILIO_AUTH_TOKEN +ok +from environment$/m)
        assert.match(well.stdout, /^API +ok /m)
        assert.match(well.stdout, /^credentials +ok /m)
        assert.match(well.stdout, /^clock +warning +The server's clock is 90 s behind this one\.$/m)
        assert.match(refused.stdout, /^API +ok /m)
        assert.match(refused.stdout, /^credentials +failed /m)
        assert.match(down.stdout, /^API +failed /m)
        assert.include(none.stderr, "There are no credentials.")
      }))

    it.effect("warns of a wrong account SID and of white space, and shows no value of an unexpected form", () =>
      Effect.gen(function*() {
        const { env } = yield* serve({ accounts: "any" })
        const token = "0123456789abcdef0123456789abcdef"
        const spaced = yield* doctor({
          ...env,
          TWILIO_ACCOUNT_SID: `${accountOf("a")} `,
          TWILIO_AUTH_TOKEN: "\ttoken",
          TWILIO_COMMS_MAX_ATTEMPTS: "2",
          HTTP_PROXY: " http://127.0.0.1:1",
          NO_PROXY: "*"
        })
        const wrong = yield* doctor({ ...env, TWILIO_ACCOUNT_SID: token, TWILIO_COMMS_CALL_TIMEOUT: token })
        const csv = yield* inProcess(["doctor", "--format", "csv"], { ...env, TWILIO_ACCOUNT_SID: "AC123" })
        const well = yield* doctor({ ...env, TWILIO_ACCOUNT_SID: accountOf("F") })
        assert.match(
          spaced.stdout,
          /^TWILIO_ACCOUNT_SID +warning +Remove the white space around it; from environment$/m
        )
        assert.match(
          spaced.stdout,
          /^TWILIO_AUTH_TOKEN +warning +Remove the white space around it; from environment$/m
        )
        assert.match(spaced.stdout, /^TWILIO_COMMS_MAX_ATTEMPTS +ok +2, from environment$/m)
        assert.match(spaced.stdout, /^proxy +warning +HTTP_PROXY: Remove the white space around it; No proxy for/m)
        assert.match(wrong.stdout, /^TWILIO_ACCOUNT_SID +warning +Not AC and 32 hexadecimal digits; from environment$/m)
        assert.notInclude(wrong.stdout + wrong.stderr, token)
        assert.include(csv.stdout, "TWILIO_ACCOUNT_SID,warning,Not AC and 32 hexadecimal digits; from environment\r\n")
        assert.match(well.stdout, /^TWILIO_ACCOUNT_SID +ok +AC[F]{32}, from environment$/m)
      }))

    it.effect("grades a client that is a command", () =>
      Effect.gen(function*() {
        const [own, silent, absent] = yield* Effect.all([
          grade("comms operations", "notFound", "truncated", "emptyPage"),
          grade("true", "notFound"),
          grade("./no-such-program", "notFound")
        ], { concurrency: 2 })
        assert.deepStrictEqual([absent.code, absent.stdout], [2, ""])
        assert.include(absent.stderr, "--command: ./no-such-program cannot be run.")
        assert.strictEqual(own.code, 0, own.stdout + own.stderr)
        assert.lengthOf(own.stdout.match(/,pass,/g) ?? [], 3)
        assert.strictEqual(silent.code, 1)
        assert.include(silent.stdout, "notFound,FAIL,")
      }))

    it.effect("grades a client by hand", () =>
      Effect.gen(function*() {
        const input = yield* Queue.unbounded<string>()
        const say = (line: string) => Queue.offer(input, `${line}\n`)
        const names = ["notFound", "emptyPage", "badRequest", "outage"]
        const child = yield* start(
          ["grade", "--format", "csv", ...names.flatMap((name) => ["--scenario", name])],
          {},
          Stream.encodeText(Stream.fromQueue(input))
        )
        const results: Record<
          string,
          (env: Env) => Effect.Effect<unknown, unknown, Services>
        > = {
          notFound: (env) => Effect.andThen(inProcess(["operations", "get", missing], env), say("failed")),
          emptyPage: (env) => Effect.andThen(inProcess(list("--page-size", "50"), env), say("149")),
          badRequest: () => Effect.andThen(say("well"), say("")),
          outage: () => Queue.shutdown(input)
        }
        let asked = ""
        const told = yield* Effect.forkChild(
          child.stderr.pipe(
            Stream.decodeText(),
            Stream.splitLines,
            Stream.tap((line) => {
              asked = /^\d of 4, (\w+):/.exec(line)?.[1] ?? asked
              const url = /Base URL +(\S+)/.exec(line)?.[1]
              return url === undefined ? Effect.void : results[asked]?.(envOf(url)) ?? Effect.void
            }),
            Stream.runCollect
          )
        )
        const stdout = yield* Stream.mkString(Stream.decodeText(child.stdout))
        assert.strictEqual(yield* child.exitCode, 1)
        assert.deepStrictEqual(
          stdout.split("\r\n").slice(1).map((line) => line.split(",").slice(0, 2).join(" ")),
          ["notFound pass", "emptyPage FAIL", "badRequest FAIL", ""]
        )
        assert.include(stdout, "ended with 149 of 150")
        const said = (yield* Fiber.join(told)).join("\n")
        assert.include(said, "Press Enter, or enter failed or a number.")
        assert.include(said, "1 of 3 passed, 1 skipped")
      }))

    it.effect("prints help, the version and completions, and rejects an incomplete command", () =>
      Effect.gen(function*() {
        const [help, listHelp, version, nothing, completions] = yield* Effect.all([
          comms(["--help"]),
          comms(["operations", "list", "--help"]),
          comms(["--version"]),
          comms(["operations"]),
          shell("set -e; comms completions bash | tee completions.bash; bash -n completions.bash")
        ], { concurrency: 2 })
        assert.deepStrictEqual([help.code, help.stderr], [0, ""])
        assert.include(help.stdout, "130 interrupted")
        assert.include(listHelp.stdout, "comms operations list --resource messages")
        assert.deepStrictEqual([version.code, version.stdout], [0, "comms 0.1.0\n"])
        assert.deepStrictEqual([nothing.code, nothing.stdout], [2, ""])
        assert.include(nothing.stderr, "SUBCOMMANDS")
        assert.strictEqual(completions.code, 0)
        assert.include(completions.stdout, "--page-size")
      }))
  }
)

const accountOf = (digit: string) => `AC${digit.repeat(32)}`
