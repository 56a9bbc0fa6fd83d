import type * as CommsError from "@effect-comms/domain/CommsError"
import { invalidInput } from "@effect-comms/domain/Input"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
  /^127(?:\.\d+){3}$/.test(hostname)

const findProblem = (url: URL, allowInsecureHttp: boolean): string | undefined => {
  if (url.username !== "" || url.password !== "") {
    return "Expected a URL without credentials in it; they belong in the credentials option"
  }
  // `search` and `hash` are empty for a URL that ends in `?` or `#`.
  if (/[?#]/.test(url.href)) return "Expected a URL without a query or a fragment"
  if (url.protocol === "https:") return undefined
  if (url.protocol !== "http:") return "Expected an https: URL"
  return allowInsecureHttp || isLoopback(url.hostname)
    ? undefined
    : "Expected an https: URL; plain http: to a host that is no loopback address needs allowInsecureHttp"
}

/**
 * The URL without a trailing slash, and without the `/v1` that the API's documentation prints and every path has. The
 * error does not contain the URL, which may have a secret.
 */
export const checkBaseUrl = (
  call: string,
  input: string | URL,
  allowInsecureHttp: boolean
): Effect.Effect<string, CommsError.InvalidInput> => {
  const url = Result.try(() => new URL(input))
  if (Result.isFailure(url)) return Effect.fail(invalidInput(call, "baseUrl", "Expected an absolute https: URL"))
  const problem = findProblem(url.success, allowInsecureHttp)
  return problem === undefined
    ? Effect.succeed(url.success.href.replace(/(?:\/v1)?\/*$/, ""))
    : Effect.fail(invalidInput(call, "baseUrl", problem))
}
