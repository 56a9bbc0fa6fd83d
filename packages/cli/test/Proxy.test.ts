import { NodeServices } from "@effect/platform-node"
import { type buildConnector, EnvHttpProxyAgent, request } from "@effect/platform-node/Undici"
import { assert, it, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Result } from "effect"
import { spawnSync } from "node:child_process"
import * as Proxy from "../src/Proxy.ts"
import { Comms, comms, layer as layerComms, shell } from "./utils/comms.ts"
import { serve } from "./utils/emulator.ts"
import { inProcess } from "./utils/inProcess.ts"
import { proxy, secure } from "./utils/proxy.ts"

/** Whether Undici connects to the host of a URL instead of the proxy. */
const isExcludedByUndici = Effect.fnUntraced(function*(noProxy: string, url: string) {
  let isExcluded = false
  // No server listens on this port.
  const proxy = "http://127.0.0.1:1"
  const connect: buildConnector.connector = (_, callback) => {
    isExcluded = true
    callback(new Error("The test does not connect."), null)
  }
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy, connect })
  yield* Effect.flip(Effect.tryPromise(() => request(url, { dispatcher })))
  yield* Effect.promise(() => dispatcher.destroy())
  return isExcluded
})

it.live("excludes hosts, domains, ports and everything from the proxy, as Undici does", () => {
  const cases: ReadonlyArray<readonly [list: string, url: string, isExcluded: boolean]> = [
    ["", "https://comms.twilio.com", false],
    ["*", "https://comms.twilio.com", true],
    ["other.test *", "https://comms.twilio.com", true],
    ["*:443", "https://comms.twilio.com", true],
    ["*:80", "https://comms.twilio.com", false],
    ["*twilio.com", "https://comms.twilio.com", false],
    ["comms.twilio.com", "https://comms.twilio.com", true],
    ["localhost, TWILIO.com ,x", "https://comms.twilio.com", true],
    [".twilio.com", "https://comms.twilio.com", true],
    [".twilio.com", "https://twilio.com", true],
    ["*.twilio.com", "https://comms.twilio.com", true],
    ["*.twilio.com", "https://twilio.com", false],
    ["lio.com", "https://comms.twilio.com", false],
    ["comms.twilio.com:443", "https://comms.twilio.com", true],
    ["comms.twilio.com:8443", "https://comms.twilio.com", false],
    ["127.0.0.1:4010", "http://127.0.0.1:4010", true],
    ["::1", "http://[::1]:4010", true],
    ["[::1]:4010", "http://[::1]:4010", true],
    ["[::1]:4011", "http://[::1]:4010", false],
    ["comms.twilio.com.", "https://comms.twilio.com", true]
  ]
  return Effect.forEach(cases, ([list, url, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual(Proxy.isExcluded(list, new URL(url)), expected, `${list} ${url}`)
      assert.strictEqual(yield* isExcludedByUndici(list, url), expected, `Undici: ${list} ${url}`)
    }))
})

const find = (variables: Readonly<Record<string, string>>, url: string) =>
  Result.map(
    Proxy.find((name) => variables[name], new URL(url)),
    (proxy) => proxy._tag === "Used" ? `${proxy.name} ${proxy.url.host}` : proxy._tag
  )

it("finds the proxy of a URL: the lower-case name first, and that of http: if https: has none", () => {
  const https = "https://comms.twilio.com"
  const cases: ReadonlyArray<readonly [Readonly<Record<string, string>>, string, string]> = [
    [{}, https, "None"],
    [{ HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2" }, https, "https_proxy b:2"],
    [{ HTTPS_PROXY: "a:1" }, https, "HTTPS_PROXY a:1"],
    [{ HTTPS_PROXY: "http://a:1", HTTP_PROXY: "http://b:2" }, "http://localhost", "HTTP_PROXY b:2"],
    [{ HTTPS_PROXY: "http://a:1" }, "http://localhost", "None"],
    [{ http_proxy: "http://b:2" }, https, "http_proxy b:2"],
    [{ HTTPS_PROXY: "http://a:1", NO_PROXY: "twilio.com" }, https, "Excluded"]
  ]
  for (const [variables, url, expected] of cases) {
    assert.deepStrictEqual(find(variables, url), Result.succeed(expected))
  }
  for (const HTTPS_PROXY of ["ftp://a:1", "http://", "http://%zz:s3cret@a:1"]) {
    const error = Result.flip(find({ HTTPS_PROXY }, https))
    assert.isTrue(Result.isSuccess(error))
    if (Result.isSuccess(error)) assert.match(error.success.message, /^HTTPS_PROXY is not the URL of a proxy\./)
  }
})

const canMakeCertificate = spawnSync("openssl", ["version"]).status === 0

const list = ["operations", "list", "--limit", "1"]

layer(Layer.provideMerge(layerComms, NodeServices.layer), { excludeTestServices: true, timeout: "3 minutes" })(
  "comms behind a proxy",
  (it) => {
    it.effect.skipIf(!canMakeCertificate)("reaches an https: server through a tunnel", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Comms
        const made = yield* shell(
          "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=comms.test " +
            "-addext subjectAltName=DNS:comms.test"
        )
        assert.strictEqual(made.code, 0, made.stderr)
        const { env, url } = yield* serve({ operations: 3 })
        const { port, requests } = yield* proxy(
          yield* secure(Number(new URL(url).port), {
            key: yield* fs.readFileString(`${directory}/key.pem`),
            cert: yield* fs.readFileString(`${directory}/cert.pem`)
          })
        )
        const behind = {
          ...env,
          TWILIO_COMMS_BASE_URL: "https://comms.test",
          HTTPS_PROXY: `http://me:s3cret@127.0.0.1:${port}`,
          NODE_EXTRA_CA_CERTS: `${directory}/cert.pem`
        }
        const listed = yield* comms(list, behind)
        assert.strictEqual(listed.code, 0, listed.stderr)
        assert.deepStrictEqual(requests, [{
          line: "CONNECT comms.test:443",
          authorization: `Basic ${btoa("me:s3cret")}`
        }])
        const { code, stderr, stdout } = yield* comms(["doctor", "--format", "table"], behind)
        assert.strictEqual(code, 0, stderr)
        assert.match(
          stdout,
          new RegExp(`^proxy +ok +http://127\\.0\\.0\\.1:${port}, from HTTPS_PROXY in environment$`, "m")
        )
        assert.notInclude(stdout + stderr, "s3cret")
      }))

    it.effect("reaches an http: server, unless NO_PROXY has its host", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Comms
        const { env, url } = yield* serve({ operations: 3 })
        const { port, requests } = yield* proxy(Number(new URL(url).port))
        yield* fs.writeFileString(`${directory}/proxy.env`, `HTTP_PROXY=http://127.0.0.1:${port}\n`)
        const behind = { ...env, http_proxy: `127.0.0.1:${port}` }
        const direct = { ...behind, NO_PROXY: "localhost,127.0.0.1" }
        for (
          const [args, variables, expected] of [
            [list, behind, 1],
            [[...list, "--env-file", `${directory}/proxy.env`], env, 2],
            [list, direct, 2]
          ] as const
        ) {
          const { code, stderr } = yield* inProcess(args, variables)
          assert.deepStrictEqual([code, stderr], [0, ""])
          assert.lengthOf(requests, expected)
        }
        assert.strictEqual(requests[0]?.line, `GET ${url}/v1/SenderPools/Operations?pageSize=1`)
        const [excluded, none] = yield* Effect.all([
          inProcess(["doctor", "--format", "table"], direct),
          inProcess(["doctor", "--format", "table"], env)
        ])
        assert.match(excluded.stdout, /^proxy +ok +No proxy for this base URL, from NO_PROXY in environment$/m)
        assert.match(none.stdout, /^proxy +not set *$/m)
      }))

    it.effect("reports a URL that is not one of a proxy without the URL", () =>
      Effect.gen(function*() {
        const { env, requests } = yield* serve()
        const { code, stderr } = yield* inProcess(list, { ...env, HTTP_PROXY: "socks5://me:s3cret@127.0.0.1:1" })
        assert.strictEqual(code, 2)
        assert.include(stderr, "HTTP_PROXY is not the URL of a proxy. Nothing was sent.")
        assert.notInclude(stderr, "s3cret")
        assert.strictEqual(yield* requests, 0)
      }))
  }
)
