import type * as CommsError from "@effect-comms/domain/CommsError"
import { invalidInput } from "@effect-comms/domain/Input"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
  /^127(?:\.\d+){3}$/.test(hostname)

const findProblem = (url: URL): string | undefined => {
  if (url.username !== "" || url.password !== "") {
    return "Expected a URL without credentials in it; they belong in the credentials option"
  }
  if (url.search !== "" || url.hash !== "") return "Expected a URL without a query or a fragment"
  if (url.protocol === "https:") return undefined
  if (url.protocol !== "http:") return "Expected an https: URL"
  return isLoopback(url.hostname) ? undefined : "Expected an https: URL; plain http: is for loopback addresses only"
}

/** The URL without a trailing slash. The error does not contain the URL, which may have a secret. */
export const checkBaseUrl = (
  call: string,
  input: string | URL
): Effect.Effect<string, CommsError.InvalidInput> => {
  const url = Result.try(() => new URL(input))
  if (Result.isFailure(url)) return Effect.fail(invalidInput(call, "baseUrl", "Expected an absolute https: URL"))
  const problem = findProblem(url.success)
  return problem === undefined
    ? Effect.succeed(url.success.href.replace(/\/+$/, ""))
    : Effect.fail(invalidInput(call, "baseUrl", problem))
}
