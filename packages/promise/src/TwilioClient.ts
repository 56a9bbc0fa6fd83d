/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client that the samples of Twilio's documentation use.
 *
 * @since 0.1.0
 */
import * as Bridge from "./internal/bridge.ts"
import { makeLayer } from "./internal/layer.ts"
import { makeResources } from "./internal/resources.ts"
import type { Resources } from "./models.ts"
import type { TwilioClientOptions } from "./options.ts"

/**
 * A client for the Comms API. Its calls share one queue, so make one client for an account.
 *
 * **Details**
 *
 * Options that are absent are read from the environment variables of `CommsClient.layerConfig`. The constructor throws
 * `InvalidInputError` for invalid options or missing credentials, and sends nothing.
 *
 * **Example** (List operations)
 *
 * ```ts
 * import { TwilioClient } from "@effect-comms/promise"
 *
 * const client = new TwilioClient()
 * for await (const { id, stats } of client.senderPools.listOperations({ status: "COMPLETED" })) {
 *   console.log(id, `${stats.failed} of ${stats.total} failed`)
 * }
 * ```
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
    const bridge = Bridge.make(makeLayer(options))
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
