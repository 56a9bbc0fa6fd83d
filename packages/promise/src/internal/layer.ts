// The layer that a client runs on.
import { OnRetry } from "@effect-comms/client/Attempts"
import * as Comms from "@effect-comms/client/Comms"
import * as CommsClient from "@effect-comms/client/CommsClient"
import { invalidInput, omitUndefined } from "@effect-comms/domain/Input"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { TwilioClientOptions } from "../options.ts"
import * as Bridge from "./bridge.ts"
import { plain } from "./plain.ts"

const part = (field: string, value: string | undefined, variable: string) =>
  value === undefined
    ? Effect.flatMap(
      Config.option(Config.String(variable)),
      Option.match({
        onNone: () => Effect.fail(invalidInput("TwilioClient", field, `Expected a text, or the variable ${variable}`)),
        onSome: Effect.succeed
      })
    )
    : Effect.succeed(value)

/** The services of a client, from its options and the environment. */
export const makeLayer = ({ accountId, authToken, baseUrl, fetch, onRetry, retry }: TwilioClientOptions) =>
  Layer.unwrap(
    Effect.gen(function*() {
      const isGiven = accountId !== undefined || authToken !== undefined
      const options = yield* CommsClient.config(omitUndefined({
        credentials: isGiven
          ? Config.succeed({
            accountSid: yield* part("accountId", accountId, "TWILIO_ACCOUNT_SID"),
            authToken: Redacted.make(yield* part("authToken", authToken, "TWILIO_AUTH_TOKEN"))
          })
          : undefined,
        baseUrl: baseUrl === undefined ? undefined : Config.succeed(baseUrl),
        retry: retry === undefined ? undefined : Config.succeed(retry)
      }))
      const hook = Layer.succeed(OnRetry, (retry) => Effect.sync(() => onRetry?.(plain(retry))))
      const retries = Layer.succeed(Bridge.Retry, options.retry ?? {})
      const transport = fetch === undefined ? Layer.empty : Layer.succeed(FetchHttpClient.Fetch, fetch)
      return Comms.layer(options).pipe(Layer.provide(FetchHttpClient.layer), Layer.merge([hook, retries, transport]))
      // Effect's own provider is made once, and would not see variables that are set later.
    }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv()))
  )
