// The program that runs on every runtime, as a user would write it.
import { Attempts, CommsClient, MessageOperations, SenderPoolOperations } from "@effect-comms/client"
import type { CommsError } from "@effect-comms/domain"
import { Effect, Layer, Redacted, Ref, Stream } from "effect"
import { FetchHttpClient } from "effect/http"

export interface Input {
  readonly baseUrl: string
  readonly accountSid: string
  readonly authToken: string
  /** Whether the client of promises runs, instead of the services. */
  readonly withPromises: boolean
  /** An operation that is in progress. */
  readonly operationId: string
}

export interface Output {
  readonly streamed: number
  /** The errors that were retried. */
  readonly retried: ReadonlyArray<string>
  readonly outcome: string
  readonly absent: string
  readonly readable: number
  readonly invalid: ReadonlyArray<string>
}

const calls = Effect.fnUntraced(function*(operationId: string) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const messages = yield* MessageOperations.MessageOperations
  const retried = yield* Ref.make<ReadonlyArray<string>>([])
  const streamed = yield* operations.stream({ pageSize: 100 }).pipe(
    Stream.runCount,
    Effect.provideService(
      Attempts.OnRetry,
      ({ attempt }) => Ref.update(retried, (outcomes) => [...outcomes, attempt.outcome])
    )
  )
  const outcome = yield* operations.awaitCompletion(operationId)
  const absent: CommsError.CommsError | { readonly _tag: string } = yield* Effect.flip(
    operations.fetch("comms_operation_00000000000000000000000000")
  )
  const page = yield* messages.list({ pageSize: 10 })
  const output: Output = {
    streamed,
    retried: yield* Ref.get(retried),
    outcome: outcome._tag,
    absent: absent._tag,
    readable: page.operations.length,
    invalid: page.invalid.map(({ _tag }) => _tag)
  }
  return output
})

export const main = ({ accountSid, authToken, baseUrl, operationId }: Input): Promise<Output> =>
  calls(operationId).pipe(
    Effect.provide(
      Layer.mergeAll(SenderPoolOperations.layer, MessageOperations.layer).pipe(
        Layer.provide(CommsClient.layer({ baseUrl, credentials: { accountSid, authToken: Redacted.make(authToken) } })),
        Layer.provide(FetchHttpClient.layer)
      )
    ),
    Effect.runPromise
  )
