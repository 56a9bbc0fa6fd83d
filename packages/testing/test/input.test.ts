import { Emulator, FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Duration, Effect, Layer, Predicate, Redacted, Schema } from "effect"
import { assertTag, get, inProcess, listPath } from "./utils/wiring.ts"

// Options from JavaScript, or from JSON, have not met the compiler.
const isOptions = (options: unknown): options is Emulator.Options => Predicate.isObject(options)

const isPlan = (plan: unknown): plan is Parameters<Emulator.Service["create"]>[0] => Predicate.isObject(plan)

const isServerOptions = (options: unknown): options is Parameters<typeof Emulator.layerServer>[0] =>
  Predicate.isObject(options)

const isFaults = (plan: unknown): plan is FaultPlan.FaultPlan => Predicate.isObject(plan)

/** Plans of faults with an unknown field, as JSON. Each field is a misspelled one. */
const unknownFields = [
  ["seeds", { seeds: 1, rules: [] }],
  ["rules[0].nth", { rules: [{ nth: [1], do: { _tag: "Drop" } }] }],
  ["rules[0].when.first", { rules: [{ when: { first: 1 }, do: { _tag: "Drop" } }] }],
  ["rules[1].do.afterByte", { rules: [{ do: { _tag: "Drop" } }, { do: { _tag: "Drop", afterByte: 1 } }] }],
  ["rules[0].do.retryAfter.seconds", {
    rules: [{ do: { _tag: "Status", status: 503, retryAfter: { date: 1, seconds: 1 } } }]
  }]
] as const

const account = { username: "AC1", password: Redacted.make("x") }

const refusal = <A, E extends { readonly _tag: string }>(layer: Layer.Layer<A, E>) =>
  Effect.map(Effect.flip(Effect.scoped(Layer.build(layer))), (error) => assertTag(error, "InvalidInput"))

describe("options", () => {
  it.effect.each(
    [
      ["seed", { seed: 1.5 }],
      ["seed", { seed: Number.NaN }],
      ["seed", { seed: 2 ** 60 }],
      ["seed", { seed: "1" }],
      ["operations", { operations: -1 }],
      ["operations", { operations: 1.5 }],
      ["operations", { operations: 100_000_001 }],
      ["newest", { newest: "yesterday" }],
      ["newest", { newest: new Date(Number.NaN) }],
      ["span", { span: -1 }],
      ["span", { span: "a week" }],
      ["readDelay", { readDelay: "soon" }],
      ["tokenLifetime", { tokenLifetime: -1 }],
      ["accounts", { accounts: "all" }],
      ["accounts[0].username", { accounts: [{ ...account, username: "" }] }],
      ["accounts[0].password", { accounts: [{ ...account, password: "plain" }] }],
      ["faults", { faults: "stormy" }],
      ["faults.rules", { faults: {} }],
      ["faults.rules[0].do", { faults: { rules: [{ do: { _tag: "Explode" } }] } }],
      ["faults.rules[1].do.limit", {
        faults: { rules: [{ do: { _tag: "Drop" } }, { do: { _tag: "RateLimit", limit: 0, window: Duration.zero } }] }
      }],
      ["faults.rules[0].when.probability", { faults: { rules: [{ when: { probability: 2 }, do: { _tag: "Drop" } }] } }],
      ["faults.rules[0].when.call", {
        faults: { rules: [{ when: { call: "FaxOperations.list" }, do: { _tag: "Drop" } }] }
      }],
      ["faults.rules[0].do.window", {
        faults: { rules: [{ do: { _tag: "RateLimit", limit: 1, window: Duration.millis(-1) } }] }
      }],
      ["faults.seed", { faults: { seed: 0.5, rules: [] } }],
      ["authErrors", { authErrors: "documented" }],
      ["reportLimit", { reportLimit: -1 }],
      ["admin", { admin: "yes" }],
      ["reportlimit", { reportlimit: 1 }],
      ...unknownFields.map(([field, faults]) => [`faults.${field}`, { faults }] as const)
    ] as const
  )("are refused for their %s: %o", ([field, options]) =>
    Effect.gen(function*() {
      assert.isTrue(isOptions(options))
      const error = yield* refusal(Emulator.layer(isOptions(options) ? options : {}))
      assert.strictEqual(error.field, field)
      assert.strictEqual(error.call, "Emulator.layer")
      assert.include(error.message, `${field}: `)
    }))

  it.effect("are refused with all invalid fields at once", () =>
    Effect.gen(function*() {
      const error = yield* refusal(Emulator.layer({ seed: 1.5, operations: -1, reportLimit: -1 }))
      assert.deepEqual(error.issues.map(({ field }) => field), ["seed", "operations", "reportLimit"])
    }))

  it.effect("do not show a password", () =>
    Effect.gen(function*() {
      const error = yield* refusal(Emulator.layer({
        accounts: [{ username: "", password: Redacted.make("s3cr3t") }]
      }))
      assert.notInclude(JSON.stringify(error) + error.message, "s3cr3t")
    }))
})

describe("layerServer", () => {
  it.effect.each(
    [
      ["port", { port: -1 }],
      ["port", { port: 65_536 }],
      ["port", { port: 1.5 }],
      ["port", { port: "80" }],
      ["host", { host: "" }],
      ["host", { host: "999.1.1.1" }],
      ["hostname", { hostname: "127.0.0.1" }]
    ] as const
  )("is refused for its %s: %o", ([field, options]) =>
    Effect.gen(function*() {
      const error = yield* refusal(
        Emulator.layerServer(isServerOptions(options) ? options : {}).pipe(Layer.provide(Emulator.layer()))
      )
      assert.strictEqual(error.field, field)
      assert.include(error.message, `${field}: `)
    }))

  it.effect("refuses a port that is in use", () =>
    Effect.gen(function*() {
      const { port } = yield* Emulator.Address
      const error = yield* refusal(Layer.fresh(Emulator.layerServer({ port })).pipe(Layer.provide(Emulator.layer())))
      assert.strictEqual(error.field, "port")
      assert.include(error.message, String(port))
    }).pipe(Effect.provide(Emulator.layerServer().pipe(Layer.provide(Emulator.layer())))))

  it.effect("frees its port when it ends, and listens on the loopback interface only", () =>
    Effect.gen(function*() {
      const server = Emulator.layerServer().pipe(Layer.provide(Emulator.layer()))
      const { port, url } = yield* Effect.provide(Emulator.Address, server, { local: true })
      assert.strictEqual(url, `http://127.0.0.1:${port}`)
      const again = Emulator.layerServer({ port }).pipe(Layer.provide(Emulator.layer()))
      assert.strictEqual((yield* Effect.provide(Emulator.Address, again, { local: true })).port, port)
    }))
})

describe("a running emulator", () => {
  it.effect.each(
    [
      ["total", { total: -1, duration: Duration.zero }],
      ["duration", { total: 1, duration: "soon" }],
      ["failed", { total: 1, failed: 2, duration: Duration.zero }],
      ["stalls[0].at", { total: 1, duration: Duration.zero, stalls: [{ at: 2, for: Duration.zero }] }],
      ["totals", { total: 1, duration: Duration.zero, totals: 1 }],
      ["stalls[0].during", { total: 1, duration: Duration.zero, stalls: [{ at: 0, for: Duration.zero, during: 1 }] }]
    ] as const
  )("refuses to create for %s", ([field, plan]) =>
    Effect.gen(function*() {
      const { create } = yield* Emulator.Emulator
      assert.isTrue(isPlan(plan))
      if (!isPlan(plan)) return
      assert.strictEqual((yield* Effect.flip(create(plan))).field, field)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("refuses to advance an unknown id or by an invalid duration", () =>
    Effect.gen(function*() {
      const { advance, create } = yield* Emulator.Emulator
      const { id } = yield* create({ total: 1, duration: Duration.seconds(1) })
      assert.strictEqual((yield* Effect.flip(advance("x", "1 second"))).field, "operationId")
      assert.strictEqual((yield* Effect.flip(advance(id, -1))).field, "by")
      assert.strictEqual((yield* advance(id, "1 second")).status, "COMPLETED")
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("refuses invalid faults", () =>
    Effect.gen(function*() {
      const { setFaults } = yield* Emulator.Emulator
      const error = yield* Effect.flip(setFaults({
        rules: [{ do: { _tag: "Status", status: 99 } }]
      }))
      assert.strictEqual(error.field, "rules[0].do.status")
    }).pipe(Effect.provide(Emulator.layer())))
})

describe("a plan of faults with an unknown field", () => {
  it.effect.each(unknownFields)(
    "is refused in every entry point, for its %s",
    ([field, plan]) =>
      Effect.gen(function*() {
        const { report, setFaults } = yield* Emulator.Emulator
        assert.isTrue(isFaults(plan))
        if (!isFaults(plan)) return
        assert.strictEqual((yield* Effect.flip(setFaults(plan))).field, field)
        const body = JSON.stringify(plan)
        assert.strictEqual((yield* Effect.flip(FaultPlan.fromJson(body))).field, field)
        const answer = yield* get("/_emulator/faults", { method: "PUT", body, anonymous: true })
        assert.strictEqual(answer.status, 400)
        assert.include(answer.body, `"field":"${field}"`)
        yield* get(listPath)
        assert.deepEqual((yield* report).requests.map(({ faults }) => faults), [[]])
      }).pipe(Effect.provide(inProcess({ admin: true })))
  )
})

const decodePlan = Schema.decodeEffect(FaultPlan.FaultPlanFromJson, { errors: "all" })

const encodePlan = Schema.encodeEffect(FaultPlan.FaultPlanFromJson)

describe("a plan as JSON", () => {
  it.effect.each(
    [
      [`["rules"]`, "{}"],
      [`["rules"][0]["do"]`, `{"rules":[{}]}`],
      [`["rules"][0]["do"]`, `{"rules":[{"do":{"_tag":"Explode"}}]}`],
      [`["rules"][1]["do"]["status"]`, `{"rules":[{"do":{"_tag":"Drop"}},{"do":{"_tag":"Status","status":"busy"}}]}`],
      [`["rules"][0]["do"]["duration"]`, `{"rules":[{"do":{"_tag":"Delay","duration":"1 s"}}]}`],
      [`["rules"][0]["do"]["duration"]`, `{"rules":[{"do":{"_tag":"Delay","duration":-1}}]}`],
      [`["rules"][0]["when"]["nth"][1]`, `{"rules":[{"when":{"nth":[1,0]},"do":{"_tag":"Drop"}}]}`],
      [`["rules"][0]["when"]["call"]`, `{"rules":[{"when":{"call":"list"},"do":{"_tag":"Drop"}}]}`]
    ] as const
  )("is refused at %s", ([path, text]) =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(decodePlan(text))).message, `at ${path}`)
    }))

  it.effect("is refused when it is not JSON", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(decodePlan("rules:"))).message, "JSON")
    }))

  it.effect.each(FaultPlan.presetNames.map((name) => ({ name })))(
    "$name decodes to the same plan",
    ({ name }) =>
      Effect.gen(function*() {
        const plan = FaultPlan.presets[name]
        assertEquals(yield* decodePlan(yield* encodePlan(plan)), plan)
      })
  )

  it.effect("encodes durations in milliseconds", () =>
    Effect.gen(function*() {
      const text = yield* encodePlan({
        rules: [{ when: { after: Duration.seconds(1) }, do: { _tag: "Delay", duration: Duration.millis(250) } }]
      })
      assert.strictEqual(text, `{"rules":[{"when":{"after":1000},"do":{"_tag":"Delay","duration":250}}]}`)
    }))
})
