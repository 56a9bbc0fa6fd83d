/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client that the samples of Twilio's documentation use.
 *
 * @since 0.1.0
 */
import { OnRetry } from "@effect-comms/client/Attempts"
import * as Comms from "@effect-comms/client/Comms"
import * as CommsClient from "@effect-comms/client/CommsClient"
import { invalidInput, omitUndefined } from "@effect-comms/domain/Input"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Attempt, CommsError } from "./errors.ts"
import * as Bridge from "./internal/bridge.ts"
import { plain } from "./internal/plain.ts"
import { makeResources } from "./internal/resources.ts"
import type { Resources } from "./models.ts"

/**
 * How calls are retried. Times are milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryOptions {
  /** The maximum number of attempts of a call. Default 6. Range from 1. */
  readonly maxAttempts?: number | undefined
  /** The wait before the first retry if the server asks for none. It doubles with each retry. Default 500. */
  readonly initialDelay?: number | undefined
  /** The longest wait before jitter if the server asks for none. Default 20,000. */
  readonly maxDelay?: number | undefined
  /** The longest `Retry-After` that is honoured; beyond it the call fails at once. Default 60,000. */
  readonly maxRetryAfter?: number | undefined
  /** The time limit of one attempt, up to the last byte of the response. Default 30,000. */
  readonly attemptTimeout?: number | undefined
  /** The time limit of a call, including its attempts and waits. Default 300,000. */
  readonly callTimeout?: number | undefined
}

/**
 * A retry that is scheduled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retry {
  /** The method that was called, such as `SenderPoolOperations.fetch`. */
  readonly call: string
  readonly method: string
  readonly url: string
  /** The attempt that failed, and its error. */
  readonly attempt: Attempt
  readonly error: CommsError
  /** The minimum delay until the next attempt. */
  readonly delay: number
}

/**
 * The options of a client. The environment variables of the README replace those that are absent.
 *
 * @category models
 * @since 0.1.0
 */
export interface TwilioClientOptions {
  /** The account SID (`AC...`), or the SID of an API key (`SK...`). */
  readonly accountId?: string | undefined
  /** The auth token of the account, or the secret of the API key. */
  readonly authToken?: string | undefined
  /** The URL of the API. Default `https://comms.twilio.com`. */
  readonly baseUrl?: string | URL | undefined
  /** Default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly retry?: RetryOptions | undefined
  /** Called before the delay of each retry. */
  readonly onRetry?: ((retry: Retry) => void) | undefined
}

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

const layer = ({ accountId, authToken, baseUrl, fetch, onRetry, retry }: TwilioClientOptions) =>
  Layer.unwrap(Effect.gen(function*() {
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
  }))

/**
 * A client for the Comms API. Its calls share one queue, so make one client for an account.
 *
 * **Details**
 *
 * Options that are absent are read from the environment variables of `CommsClient.layerConfig`. The constructor throws
 * `InvalidInputError` for invalid options or missing credentials, and sends nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export class TwilioClient implements Resources, AsyncDisposable {
  readonly senderPools: Resources["senderPools"]
  readonly senders: Resources["senders"]
  readonly messages: Resources["messages"]
  readonly emails: Resources["emails"]
  readonly #close: () => Promise<void>

  constructor(options: TwilioClientOptions = {}) {
    const bridge = Bridge.make(layer(options))
    const { emails, messages, senderPools, senders } = makeResources(bridge)
    this.senderPools = senderPools
    this.senders = senders
    this.messages = messages
    this.emails = emails
    this.#close = bridge.close
  }

  /** Ends every call, which rejects with `ClientClosedError`. */
  close(): Promise<void> {
    return this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}
