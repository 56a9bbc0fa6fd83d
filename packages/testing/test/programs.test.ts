import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import "./utils/limits.ts"

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const has = (command: string): boolean =>
  (env["PATH"] ?? "").split(delimiter).some((directory) => isExecutable(join(directory, command)))

const { accountSid, authToken } = Emulator.defaultCredentials

const password = Redacted.value(authToken)

const run = Effect.fnUntraced(function*(command: string, ...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.string(ChildProcess.make(command, args, { stderr: "inherit", forceKillAfter: "1 second" }))
})

const emulator = (options?: Emulator.Options) =>
  Emulator.layerServer().pipe(Layer.provide(Emulator.layer(options)), Layer.provideMerge(NodeServices.layer))

const Page = Schema.fromJsonString(Schema.Struct({
  operations: Schema.Array(Schema.Struct({ id: Schema.String, status: Schema.String, createdAt: Schema.String })),
  pagination: Schema.Struct({ next: Schema.NullOr(Schema.String), self: Schema.String })
}))

const decodePage = Schema.decodeEffect(Page)

const listUrl = Effect.map(Emulator.Address, ({ url }) => `${url}/v1/SenderPools/Operations`)

const curl = Effect.fnUntraced(function*(path: string, ...args: ReadonlyArray<string>) {
  return yield* run(
    "curl",
    "--silent",
    "--show-error",
    ...args,
    "-X",
    "GET",
    (yield* listUrl) + path,
    "-u",
    `${accountSid}:${password}`
  )
})

const missing = (command: string) => has(command) ? "" : ` (skipped: there is no ${command})`

layer(emulator({ operations: 70, newest: "2024-01-17T00:00:00Z", span: "7 days" }), { excludeTestServices: true })(
  `the documentation's curl commands${missing("curl")}`,
  (it) => {
    const test = it.effect.skipIf(!has("curl"))

    test("list", () =>
      Effect.gen(function*() {
        const { operations, pagination } = yield* decodePage(yield* curl(""))
        assert.lengthOf(operations, 50)
        assert.isNotNull(pagination.next)
      }))

    test("list with bare dates, status and size", () =>
      Effect.gen(function*() {
        const query = "?startDate=2024-01-15&endDate=2024-01-16&status=COMPLETED&pageSize=20"
        const { operations } = yield* decodePage(yield* curl(query))
        assert.isNotEmpty(operations)
        for (const { createdAt, status } of operations) {
          assert.strictEqual(status, "COMPLETED")
          assert.strictEqual(createdAt.slice(0, 10), "2024-01-15")
        }
      }))

    test("list page after page", () =>
      Effect.gen(function*() {
        const ids = new Set<string>()
        let query = "?pageSize=30"
        for (;;) {
          const { operations, pagination } = yield* decodePage(yield* curl(query))
          for (const { id } of operations) ids.add(id)
          if (pagination.next === null) break
          query = `?pageSize=30&pageToken=${encodeURIComponent(pagination.next)}`
        }
        assert.strictEqual(ids.size, 70)
      }))

    test("list with a token that curl encodes", () =>
      Effect.gen(function*() {
        const { pagination } = yield* decodePage(yield* curl("?pageSize=60"))
        const { operations } = yield* decodePage(
          yield* curl("", "-G", "--data-urlencode", `pageToken=${pagination.next}`)
        )
        assert.lengthOf(operations, 10)
      }))

    test("fetch", () =>
      Effect.gen(function*() {
        const { operations } = yield* decodePage(yield* curl("?pageSize=1"))
        const id = operations[0]?.id ?? ""
        assert.include(yield* curl(`/${id}`), `"id":"${id}"`)
        assert.include(yield* curl("/comms_operation_01h9krwprkeee8fzqspvwy6nq8"), `"code":20404`)
      }))

    test("print the status and the media type", () =>
      Effect.gen(function*() {
        const answer = yield* run(
          "curl",
          "--silent",
          "--output",
          "/dev/null",
          "--write-out",
          "%{http_code} %{content_type}",
          yield* listUrl
        )
        assert.match(answer, /^401 application\/json/)
      }))
  }
)

const program = (name: string) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url))

describe("programs in other languages, with the HTTP client that the language has", () => {
  for (
    const [language, command, args] of [
      ["Python", "python3", [program("walk.py")]],
      ["Perl", "perl", [program("walk.pl")]],
      ["Tcl", "tclsh", [program("walk.tcl")]],
      ["Java", "java", ["-XX:TieredStopAtLevel=1", program("Walk.java")]]
    ] as const
  ) {
    it.live.skipIf(!has(command))(`${language} walks the list${missing(command)}`, () =>
      Effect.gen(function*() {
        const { url } = yield* Emulator.Address
        const said = yield* run(command, ...args, url, accountSid, password, "50")
        assert.strictEqual(said.trim(), "230 230 True 20404")
      }).pipe(Effect.provide(emulator({ operations: 230 }))))
  }
})
