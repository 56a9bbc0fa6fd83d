/**
 * The connection of a command to the API, from the environment and a file, or to an emulator.
 *
 * @since 0.1.0
 */
import * as CommsClient from "@effect-comms/client/CommsClient"
import * as Credentials from "@effect-comms/client/Credentials"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Senders from "@effect-comms/client/Senders"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as EmulatorModule from "@effect-comms/testing/Emulator"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Stdio from "effect/Stdio"
import { parseEnv } from "node:util"
import { UsageError } from "./Failure.ts"
import * as Files from "./Files.ts"
import type { Needs } from "./Handler.ts"
import * as Proxy from "./Proxy.ts"
import * as Retries from "./Retries.ts"
import * as Settings from "./Settings.ts"
import { shown } from "./Shown.ts"

/**
 * The variables that are read besides those of the credentials.
 *
 * @category constants
 * @since 0.1.0
 */
export const otherNames = [
  "TWILIO_COMMS_BASE_URL",
  "TWILIO_COMMS_ALLOW_INSECURE_HTTP",
  "TWILIO_COMMS_ATTEMPT_TIMEOUT",
  "TWILIO_COMMS_CALL_TIMEOUT",
  "TWILIO_COMMS_MAX_ATTEMPTS",
  "TWILIO_COMMS_MAX_RETRY_AFTER"
] as const

/**
 * The name of a variable.
 *
 * @category models
 * @since 0.1.0
 */
export type Name = Credentials.Variable | (typeof otherNames)[number] | Proxy.Name

/**
 * Variables, and the source of each.
 *
 * @category models
 * @since 0.1.0
 */
export type Variables = ReadonlyMap<Name, { readonly value: string; readonly source: string }>

const hasPair = (values: Readonly<Record<string, string | undefined>>): boolean =>
  Boolean(values["TWILIO_API_KEY"] && values["TWILIO_API_SECRET"]) ||
  Boolean(values["TWILIO_ACCOUNT_SID"] && values["TWILIO_AUTH_TOKEN"])

const names: ReadonlyArray<string> = [...Credentials.variables, ...otherNames, ...Proxy.names]

const fileAdvice = "Name a file of lines such as TWILIO_ACCOUNT_SID=AC..."

const readFile = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    fs.readFileString(path),
    (error) =>
      new UsageError({
        what: `--env-file: ${shown(path)} cannot be read.`,
        why: Files.whyOf(error, "There is no such file."),
        advice: fileAdvice
      })
  )
  const values = parseEnv(text)
  // The parser accepts any text.
  if (names.some((name) => name in values)) return values
  return yield* new UsageError({
    what: `--env-file: ${shown(path)} sets none of the variables that comms reads.`,
    why: `They are ${names.filter((name) => name === name.toUpperCase()).join(", ")}.`,
    advice: fileAdvice
  })
})

const inEnvironment = (name: string): Effect.Effect<string | undefined> =>
  Config.String(name).pipe(Effect.option, Effect.map(Option.getOrUndefined))

/**
 * The variables of the environment, and of `--env-file` those that it does not set. Credentials of the environment and
 * of the file are never mixed.
 *
 * @category configuration
 * @since 0.1.0
 */
export const variables: Effect.Effect<Variables, UsageError, FileSystem.FileSystem | Needs> = Effect.gen(function*() {
  const envFile = yield* Settings.EnvFile
  const file = Option.isSome(envFile) ? yield* readFile(envFile.value) : {}
  const own = Object.fromEntries(
    yield* Effect.forEach(
      names,
      (name) => Effect.map(inEnvironment(name), (value) => [name, value] as const)
    )
  )
  const ownCredentials = hasPair(own)
  const found = new Map<Name, { readonly value: string; readonly source: string }>()
  const read = (name: Name, fromFile: boolean) => {
    // Shells and CI systems use an empty variable for "not set".
    const value = own[name] || (fromFile ? file[name] : undefined)
    if (value) {
      found.set(name, { value, source: own[name] ? "environment" : Option.getOrElse(envFile, () => "") })
    }
  }
  for (const name of Credentials.variables) read(name, !ownCredentials)
  for (const name of otherNames) read(name, true)
  // Each of these variables has two names.
  for (const name of Proxy.names) read(name, !own[name.toLowerCase()] && !own[name.toUpperCase()])
  return found
})

/**
 * The variables and the HTTP client of a command.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  readonly variables: Variables
  readonly http: Layer.Layer<HttpClient.HttpClient>
  readonly proxy: Proxy.Proxy
}

/**
 * The number of operations, and of Senders, of the built-in emulator.
 *
 * @category constants
 * @since 0.1.0
 */
export const embeddedOperations = 3000

const embeddedPools = [
  { name: "North", tags: { region: "north" }, from: 0, to: 40 },
  { name: "South", tags: { region: "south" }, from: 20, to: 60 }
]

const fill = Effect.fnUntraced(function*({ Emulator, layerClient }: typeof EmulatorModule) {
  const { advance, senderIds } = yield* Emulator
  yield* Effect.gen(function*() {
    const { create } = yield* SenderPools.SenderPools
    for (const { from, name, tags, to } of embeddedPools) {
      const senders = senderIds(to).slice(from).map((senderId) => ({ senderId }))
      const { operationId } = yield* create({ name, tags, senders })
      yield* advance(operationId, "1 hour")
    }
  }).pipe(Effect.provide(Layer.provide(SenderPools.layer, layerClient)))
})

const embedded: Effect.Effect<Connection> = Effect.gen(function*() {
  const Emulator = yield* Effect.promise(() => import("@effect-comms/testing/Emulator"))
  const source = "--emulator"
  return {
    variables: new Map<Name, { readonly value: string; readonly source: string }>([
      ["TWILIO_ACCOUNT_SID", { value: Emulator.defaultCredentials.accountSid, source }],
      ["TWILIO_AUTH_TOKEN", { value: Redacted.value(Emulator.defaultCredentials.authToken), source }],
      ["TWILIO_COMMS_BASE_URL", { value: Emulator.baseUrl, source }]
    ]),
    http: Emulator.layerHttpClient.pipe(
      Layer.provideMerge(Layer.effectDiscard(fill(Emulator))),
      Layer.provide(Emulator.layer({ operations: embeddedOperations, senders: embeddedOperations, seed: 1 })),
      Layer.orDie
    ),
    proxy: Proxy.none
  }
})

const findProxy = (variables: Variables): Result.Result<Proxy.Proxy, UsageError> => {
  const baseUrl = variables.get("TWILIO_COMMS_BASE_URL")?.value ?? CommsClient.defaultBaseUrl
  // The client rejects an invalid URL.
  return URL.canParse(baseUrl)
    ? Proxy.find((name) => variables.get(name)?.value, new URL(baseUrl))
    : Result.succeed(Proxy.none)
}

const overNetwork: Effect.Effect<Connection, UsageError, FileSystem.FileSystem | Needs> = Effect.gen(function*() {
  const { Dispatcher, layerUndici, layerUndiciNoDispatcher } = yield* Effect.promise(() =>
    import("@effect/platform-node/NodeHttpClient")
  )
  const found = yield* variables
  const proxy = yield* Effect.fromResult(findProxy(found))
  if (proxy._tag !== "Used") return { variables: found, http: layerUndici, proxy }
  const { ProxyAgent } = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
  const dispatcher = Effect.acquireRelease(
    Effect.sync(() => new ProxyAgent({ uri: proxy.url.href })),
    (agent) => Effect.promise(() => agent.destroy())
  )
  return {
    variables: found,
    http: Layer.provide(layerUndiciNoDispatcher, Layer.effect(Dispatcher, dispatcher)),
    proxy
  }
})

/**
 * The connection: over the network, or to the built-in emulator with `--emulator`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const connection: Effect.Effect<Connection, UsageError, FileSystem.FileSystem | Needs> = Effect.flatMap(
  Settings.Embedded,
  (isEmbedded): typeof overNetwork => isEmbedded ? embedded : overNetwork
)

/**
 * A config provider of exactly these variables.
 *
 * @category configuration
 * @since 0.1.0
 */
export const toProvider = (variables: Variables): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromEnv({ env: Object.fromEntries(Array.from(variables, ([name, { value }]) => [name, value])) })

/**
 * Says that there are no credentials, when there are none.
 *
 * @category configuration
 * @since 0.1.0
 */
export const checkCredentials = (variables: Variables): Effect.Effect<void, UsageError> =>
  Credentials.config.pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, toProvider(variables)),
    Effect.mapError(() => {
      const { advice, what, why } = Credentials.explainMissing((name) => variables.has(name))
      return new UsageError({
        what,
        why,
        advice: `${advice}, in the environment or in a file that --env-file names. ` +
          "Or try it without an account: --emulator."
      })
    }),
    Effect.asVoid
  )

/**
 * The client with the configuration of this command. Its retries are shown.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  CommsClient.CommsClient,
  UsageError | Config.ConfigError | CommsError.InvalidInput,
  FileSystem.FileSystem | Stdio.Stdio | Needs
> = Layer.unwrap(Effect.gen(function*() {
  const { http, variables } = yield* connection
  yield* checkCredentials(variables)
  return CommsClient.layerConfig().pipe(
    Layer.provideMerge(Retries.layer),
    Layer.provide(http),
    Layer.provide(ConfigProvider.layer(toProvider(variables)))
  )
}))

/**
 * SenderPools, Senders and the operations of pools over {@link layer}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSenders = Layer.provideMerge(
  Layer.mergeAll(SenderPools.layer, Senders.layer, SenderPoolOperations.layer),
  layer
)
