import type { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer, Schedule, Schema } from "effect"
import { layer as layerComms, start } from "./utils/comms.ts"
import { serve } from "./utils/emulator.ts"
import { fileIn } from "./utils/files.ts"
import { inProcess } from "./utils/inProcess.ts"
import { interrupt } from "./utils/interrupt.ts"
import { canHaveTerminal, onTerminal } from "./utils/terminal.ts"

const unknown = (n: number) => `comms_sender_0${String(n).padStart(25, "z")}`

const missing = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const rows = (text: string) => text.split("\n").filter((line) => line !== "").map((line) => decode(line))

/** An emulator with a pool, and a file in the working directory. */
const prepare = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* serve({ senders: 3_000, writes: { plan: { duration: Duration.millis(300) } }, ...options })
  const created = yield* inProcess(
    ["pools", "create", "--name", "Sales", "--tag", "region=APAC", "--wait"],
    emulator.env
  )
  const pool = String(decode(created.stdout)["id"])
  yield* emulator.resetReport
  const fs = yield* FileSystem.FileSystem
  return {
    ...emulator,
    /** The method of each request. */
    methods: Effect.map(emulator.report, ({ requests }) => requests.map(({ method }) => method)),
    pool,
    created,
    ids: emulator.senderIds(3_000),
    write: Effect.fnUntraced(function*(name: string, lines: ReadonlyArray<string>) {
      const file = yield* fileIn(name)
      yield* fs.writeFileString(file, lines.join("\n"))
      return file
    }),
    members: Effect.map(emulator.senderPools, (pools) => pools.find((held) => held.pool.id === pool)?.senderIds ?? [])
  }
})

layer(layerComms.pipe(Layer.provideMerge(NodeServices.layer)), {
  excludeTestServices: true,
  timeout: "3 minutes"
})("comms pools and comms senders", (it) => {
  it.effect("create, list, get, update and delete pools", () =>
    Effect.gen(function*() {
      const { created, env, pool } = yield* prepare()
      assert.deepInclude(decode(created.stdout), { name: "Sales", tags: { region: "APAC" } })
      const run = (...args: ReadonlyArray<string>) => inProcess(["pools", ...args], env)
      const accepted = yield* run("create", "--name", "Support")
      const operationId = String(decode(accepted.stdout)["operationId"])
      const named = yield* run("list", "--operation", operationId)
      assert.deepEqual(rows(named.stdout).map(({ name }) => name), ["Support"])
      const updated = yield* run("update", pool, "--name", "Sales 2", "--tag", "a=1", "--tag", "b=2")
      assert.deepInclude(decode(updated.stdout), { id: pool, action: "accepted", tags: "a=1 b=2" })
      assert.include((yield* run("get", pool, "--format", "csv")).stdout, `${pool},Sales 2,region=APAC a=1 b=2,`)
      const deleted = yield* run("delete", pool, missing, "--yes")
      assert.deepEqual([deleted.code, rows(deleted.stdout)], [1, [{ id: pool, action: "accepted" }]])
      assert.include(deleted.stderr, "404 Not Found")
      assert.deepEqual(rows((yield* run("list")).stdout).map(({ name }) => name), ["Support"])
    }))

  it.effect("add Senders from CSV and from lines of JSON, and save what failed in a file that can be used again", () =>
    Effect.gen(function*() {
      const { env, ids, members, pool, write } = yield* prepare()
      const fs = yield* FileSystem.FileSystem
      const csv = yield* write("senders.csv", [
        "\ufeffname,senderId",
        "\"with a\nline break\"," + ids[0],
        ...ids.slice(1, 1_500).map((id) => `x,${id}`),
        `x,${unknown(1)}`,
        ""
      ])
      const failed = yield* fileIn("failed.csv")
      const added = yield* inProcess(["pools", "add", pool, "--file", csv, "--failed", failed], env)
      assert.deepEqual(decode(added.stdout), { pool, added: 1_500, already: 0, failed: 1, requests: 2 })
      assert.strictEqual(added.code, 3)
      assert.match(added.stderr, /^comms_senderpool_\w+ PROCESSING: \d+%, \d+ of 1501 added/)
      assert.include(added.stderr, "The operation did not add it. (1 of them)")
      assert.deepEqual((yield* fs.readFileString(failed)).split("\r\n").slice(0, 2), [
        "senderId,error,reason",
        `${unknown(1)},NotAdded,The operation did not add it.`
      ])
      const again = yield* inProcess(["pools", "add", pool, "--file", failed, "--dry-run"], env)
      assert.deepEqual(decode(again.stdout), { pool, action: "add", add: 1, already: 0 })

      const json = yield* write("senders.ndjson", ids.slice(1_498, 1_502).map((id) => JSON.stringify({ id, more: 1 })))
      const rest = yield* inProcess(["pools", "add", pool, "--file", json, "--failed", failed], env)
      assert.deepEqual(decode(rest.stdout), { pool, added: 2, already: 2, failed: 0, requests: 1 })
      assert.isFalse(yield* fs.exists(failed))
      assert.sameMembers([...yield* members], ids.slice(0, 1_502))
    }))

  it.effect("remove Senders, and count those that are not in the pool", () =>
    Effect.gen(function*() {
      const { env, ids, members, methods, pool } = yield* prepare()
      yield* inProcess(["pools", "add", pool, ...ids.slice(0, 3)], env)
      const before = (yield* methods).length
      const planned = yield* inProcess(["pools", "remove", pool, ...ids.slice(1, 5), "--dry-run"], env)
      assert.deepEqual(decode(planned.stdout), { pool, action: "remove", remove: 2, absent: 2 })
      assert.isTrue((yield* methods).slice(before).every((method) => method === "GET"))
      const removed = yield* inProcess(["pools", "remove", pool, ...ids.slice(1, 5), "--yes"], env)
      assert.deepEqual(decode(removed.stdout), { pool, removed: 2, absent: 2, failed: 0 })
      assert.deepEqual([...yield* members], ids.slice(0, 1))
    }))

  it.effect("list, get, search and resolve Senders", () =>
    Effect.gen(function*() {
      const { env, ids, pool } = yield* prepare()
      yield* inProcess(["pools", "add", pool, ...ids.slice(0, 30)], env)
      const run = (...args: ReadonlyArray<string>) => inProcess(["senders", ...args], env)
      assert.lengthOf(rows((yield* run("list")).stdout), 3_000)
      const members = rows((yield* run("list", "--pool", pool, "--status", "ACTIVATED")).stdout)
      assert.isTrue(members.every(({ id, status }) => status === "ACTIVATED" && ids.slice(0, 30).some((x) => x === id)))
      const sms = members.find(({ channel }) => channel === "SMS")
      const found = yield* run("search", String(sms?.["address"]), "--channel", "SMS")
      assert.deepEqual(rows(found.stdout).map(({ id }) => id), [sms?.["id"]])
      assert.deepEqual(decode((yield* run("get", String(sms?.["id"]))).stdout), sms)
      const ways = yield* run("resolve", "--to", "PHONE:+15551234567", "--pool", pool, "--channel", "SMS")
      const way = rows(ways.stdout)[0]
      assert.deepInclude(way, { priority: 1, to: { address: "+15551234567", channel: "PHONE" } })
    }))

  it.effect("name the line of a file that has no id, and send nothing", () =>
    Effect.gen(function*() {
      const { env, ids, methods, pool, write } = yield* prepare()
      const secret = "s3cr3t"
      const cases: ReadonlyArray<readonly [name: string, lines: ReadonlyArray<string>, ...ReadonlyArray<string>]> = [
        ["a.csv", ["id", String(ids[0]), secret, String(ids[1]), `${ids[2]},x`], "Line 3: ", "Line 5: "],
        ["b.csv", ["a,id", `"two\nlines",${ids[0]}`, `x,${secret}`], "Line 4: "],
        ["c.csv", [secret, String(ids[0])], "Line 1: ", "senderId or id"],
        ["d.csv", ["id", `"${secret}`], "Line 2: "],
        ["e.csv", ["id"], "It names no Sender."],
        [
          "f.ndjson",
          ["", JSON.stringify({ id: ids[0] }), `{"id":"${secret}`, "[]", "{}"],
          "Line 3: ",
          "Line 4: ",
          "Line 5: "
        ],
        [
          "g.ndjson",
          Array.from({ length: 7 }, () => JSON.stringify({ senderId: secret })),
          "There are 2 more problems."
        ],
        ["h.txt", [String(ids[0])], ".csv, .ndjson or .jsonl"]
      ]
      yield* Effect.forEach(cases, ([name, lines, ...said]) =>
        Effect.gen(function*() {
          const file = yield* write(name, lines)
          const ran = yield* inProcess(["pools", "add", pool, "--file", file], env)
          assert.deepEqual([ran.code, ran.stdout], [2, ""], name)
          for (const part of said) assert.include(ran.stderr, part, name)
          assert.notInclude(ran.stderr, secret, name)
        }))
      const file = yield* write("many.csv", ["id", ...Array.from({ length: 10_001 }, (_, n) => unknown(n))])
      const others: ReadonlyArray<readonly [args: ReadonlyArray<string>, ...ReadonlyArray<string>]> = [
        [["create", "--file", file], "at most 10000 Senders", "comms pools add"],
        [["create", "--tag", "a=b c"], "--tag a", "letters"],
        [["create", "--tag", "a=b c", "--dry-run"], "--tag a", "letters"],
        [["update", pool], "--name or --tag"],
        [["add", pool], "--file FILE"],
        [["add", pool, "--file", "none.csv"], "There is no such file"],
        [["add", pool, String(ids[0]), "--failed", "failed.txt"], "--failed", ".csv, .ndjson"],
        [["add", "comms_senderpool_x", String(ids[0])], "<POOL>", "comms_senderpool_01h9"],
        [["delete", pool], "--yes"],
        [["remove", pool, String(ids[0])], "--yes"]
      ]
      yield* Effect.forEach(others, ([args, ...said]) =>
        Effect.gen(function*() {
          const ran = yield* inProcess(["pools", ...args], env)
          assert.deepEqual([ran.code, ran.stdout], [2, ""], args.join(" "))
          for (const part of said) assert.include(ran.stderr, part, args.join(" "))
        }))
      const resolve = yield* inProcess(["senders", "resolve", "--to", "FAX:1"], env)
      assert.deepEqual([resolve.code, resolve.stderr.includes("PHONE:+15551234567")], [2, true])
      assert.lengthOf(yield* methods, 0)
    }))

  it.effect("name the API's error of Senders that were not added, and exit with 1", () =>
    Effect.gen(function*() {
      const { env, ids, pool, setFaults } = yield* prepare()
      yield* setFaults({ rules: [{ when: { call: "SenderPools.addSenders" }, do: { _tag: "Status", status: 400 } }] })
      const ran = yield* inProcess(["pools", "add", pool, ...ids.slice(0, 2)], env)
      assert.deepEqual([ran.code, decode(ran.stdout)["failed"]], [1, 2])
      assert.match(ran.stderr, /400 Bad Request.* \(2 of them\)/)
    }))

  it.effect("say how to resume when interrupted, and the resumed run repeats only what did not happen", () =>
    Effect.gen(function*() {
      const emulator = yield* prepare({ writes: { plan: { duration: Duration.seconds(3) }, addTwice: "failed" } })
      const { asked, env, ids, members, methods, pool, write } = emulator
      const file = yield* write("resume.csv", ["id", ...ids.slice(0, 2_500)])
      const ran = yield* interrupt(["pools", "add", pool, "--file", file], env, () => asked(5))
      assert.strictEqual(ran.code, 130)
      const [, args = ""] = /To resume: comms (.*)\n/.exec(ran.stderr) ?? []
      assert.match(args, /^pools add \S+ --file \S+ --since=\d{4}-\S+Z$/)
      const resumed = yield* inProcess(args.split(" "), env)
      assert.deepEqual([resumed.code, decode(resumed.stdout)["failed"]], [0, 0])
      assert.sameMembers([...yield* members], ids.slice(0, 2_500))
      assert.lengthOf((yield* methods).filter((method) => method === "POST"), 3)
    }))

  it.effect("add every Sender once after a kill and a rerun of the same command", () =>
    Effect.gen(function*() {
      const emulator = yield* prepare({ writes: { plan: { duration: Duration.seconds(2) }, addTwice: "failed" } })
      const { env, ids, members, methods, pool, write } = emulator
      const file = yield* write("killed.csv", ["id", ...ids, unknown(1)])
      const args = ["pools", "add", pool, "--file", file]
      const child = yield* start(args, env)
      const isAdding = Effect.map(methods, (methods) => methods.includes("POST"))
      yield* Effect.repeat(isAdding, { schedule: Schedule.spaced("10 millis"), until: (isAdding) => isAdding })
      yield* child.kill({ killSignal: "SIGKILL" })
      const rerun = yield* inProcess(args, env)
      const held = yield* members
      assert.deepEqual([rerun.code, decode(rerun.stdout)["failed"]], [3, 1])
      assert.deepEqual([held.length, new Set(held).size], [3_000, 3_000])
    }))

  it.effect.runIf(canHaveTerminal)("ask on a terminal before a delete, and show a bar", () =>
    Effect.gen(function*() {
      const { env, ids, methods, pool, write } = yield* prepare()
      const file = yield* write("bar.csv", ["id", ...ids.slice(0, 500)])
      const bar = yield* onTerminal(`comms pools add ${pool} --file ${file}`, { env })
      assert.include(bar.screen, "500/500")
      const before = (yield* methods).length
      const no = yield* onTerminal(`comms pools delete ${pool}`, {
        env,
        type: Effect.delay(Effect.succeed("n"), "3 seconds")
      })
      assert.include(no.screen, `Delete ${pool}?`)
      assert.deepEqual([no.code, (yield* methods).length - before], [130, 0])
      const yes = yield* onTerminal(`comms pools delete ${pool}`, {
        env,
        type: Effect.delay(Effect.succeed("y"), "3 seconds")
      })
      assert.strictEqual(yes.code, 0)
      assert.deepEqual((yield* methods).slice(before), ["DELETE"])
    }))
})
