// The proxy of requests, from the variables that curl and Node.js read. The `EnvHttpProxyAgent` of Undici makes the
// same choice but does not tell it, and `comms doctor` shows it.
import * as Result from "effect/Result"
import { UsageError } from "./Failure.ts"

/** The variables. The lower-case name has priority. */
export const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"] as const

export type Name = (typeof names)[number]

/** The proxy of a URL, and the variable that it comes from. */
export type Proxy =
  | { readonly _tag: "None" }
  | { readonly _tag: "Excluded"; readonly name: Name }
  | { readonly _tag: "Used"; readonly name: Name; readonly url: URL }

export const none: Proxy = { _tag: "None" }

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, "$1")

const defaultPorts: Readonly<Record<string, string>> = { "https:": "443", "http:": "80" }

/** Whether a list such as `localhost,.example.com,10.0.0.1:8080` or `*` has the host of a URL or its parent domain. */
export const isExcluded = (list: string, url: URL): boolean => {
  const host = withoutBrackets(url.hostname).replace(/\.$/, "")
  const port = url.port || defaultPorts[url.protocol]
  return list.toLowerCase().split(/[\s,]+/).some((entry) => {
    const [, name = entry, onlyPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? []
    if (name === "" || (onlyPort !== undefined && onlyPort !== port)) return false
    const domain = withoutBrackets(name).replace(/^\*?\./, "").replace(/\.$/, "")
    return domain === "*" || (host === domain && !name.startsWith("*.")) || host.endsWith(`.${domain}`)
  })
}

const parse = (text: string): URL | undefined => {
  const url = Result.try(() => {
    const url = new URL(text.includes("://") ? text : `http://${text}`)
    // Undici decodes both, and throws if it cannot.
    decodeURIComponent(url.username + url.password)
    return url
  })
  return Result.isSuccess(url) && /^https?:$/.test(url.success.protocol) ? url.success : undefined
}

/** Finds the proxy of a URL. An https: URL without a proxy of its own uses that of http: URLs, as in Undici. */
export const find = (
  read: (name: Name) => string | undefined,
  url: URL
): Result.Result<Proxy, UsageError> => {
  const first = (...names: ReadonlyArray<Name>) => names.find((name) => read(name) !== undefined)
  const name = (url.protocol === "https:" ? first("https_proxy", "HTTPS_PROXY") : undefined) ??
    first("http_proxy", "HTTP_PROXY")
  if (name === undefined) return Result.succeed(none)
  const excluding = first("no_proxy", "NO_PROXY")
  if (excluding !== undefined && isExcluded(read(excluding) ?? "", url)) {
    return Result.succeed({ _tag: "Excluded", name: excluding })
  }
  const proxy = parse(read(name) ?? "")
  return proxy === undefined
    ? Result.fail(
      new UsageError({
        what: `${name} is not the URL of a proxy. Nothing was sent.`,
        why: "It has to be an http: or https: URL.",
        advice: `Set ${name} to a URL such as http://proxy.example.com:8080, or remove it.`
      })
    )
    : Result.succeed({ _tag: "Used", name, url: proxy })
}
