import { CommsError } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import * as Retries from "../src/Retries.ts"

const transport = (detail: string) => new CommsError.TransportFailure({ reason: "Connection", detail, readOnly: true })

it("says in a few words why a call failed", () => {
  const cases: ReadonlyArray<readonly [CommsError.CommsError, string]> = [
    [transport("getaddrinfo ENOTFOUND nohost.invalid"), "ENOTFOUND"],
    [transport("getaddrinfo EAI_AGAIN host"), "EAI_AGAIN"],
    [transport("other side closed (UND_ERR_SOCKET)"), "UND_ERR_SOCKET"],
    [transport("The attempt timed out after 30s."), "The attempt timed out after 30s"],
    [new CommsError.ServiceUnavailable({ errors: [] }), "503"],
    [new CommsError.InvalidResponse({ status: 200, problem: "x" }), "invalid response"]
  ]
  for (const [error, cause] of cases) assert.strictEqual(Retries.causeOf(error), cause)
})
