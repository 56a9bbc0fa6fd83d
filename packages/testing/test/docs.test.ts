import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { get, inProcess, listPath, onPort } from "./utils/wiring.ts"

const swagger = vi.hoisted(() => ({ isLoaded: false }))

vi.mock("effect/http-api/HttpApiSwagger", (original) => {
  swagger.isLoaded = true
  return original()
})

it.effect("the emulator loads Swagger when its page is requested, and not before", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* get(listPath).pipe(Effect.provide(onPort()))).status, 200)
    assert.strictEqual((yield* get(listPath)).status, 200)
    assert.strictEqual((yield* get("/openapi.json")).status, 200)
    assert.isFalse(swagger.isLoaded)
    for (const _ of [1, 2]) assert.include((yield* get("/docs")).body, "SwaggerUIBundle")
    assert.isTrue(swagger.isLoaded)
  }).pipe(Effect.provide(inProcess())))
