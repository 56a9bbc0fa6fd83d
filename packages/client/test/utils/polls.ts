import { CommsError, Operation, SenderPoolOperation } from "@effect-comms/domain"
import { DateTime, Duration, Effect, Schema } from "effect"
import { wholeMillis } from "../../src/internal/monotonic.ts"
import type { Observer } from "../../src/internal/observing/observer.ts"
import { idOf } from "./server.ts"

export const operationIdOf = (key: number) => Operation.OperationId.make(idOf(key))

export interface Standing {
  readonly key?: number
  readonly status?: string
  readonly total?: number
  readonly queued?: number
  readonly created?: number
  readonly failed?: number
}

const decodeStatus = Schema.decodeUnknownSync(Operation.OperationStatus)

/** An operation in progress, unless its standing says otherwise. */
export const operationOf = (
  { created = 0, failed = 0, key = 1, queued = 0, status = "PROCESSING", total = 10 }: Standing = {}
): SenderPoolOperation.SenderPoolOperation =>
  new SenderPoolOperation.SenderPoolOperation({
    id: operationIdOf(key),
    status: decodeStatus(status),
    stats: { total, queued, created, failed },
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0)
  })

export const unavailable = new CommsError.ServiceUnavailable({ errors: [] })

export const unavailableFor = (retryAfter: Duration.Input) =>
  new CommsError.ServiceUnavailable({ errors: [], retryAfter: Duration.fromInputUnsafe(retryAfter) })

export const notFound = new CommsError.NotFound({ errors: [] })

export const unauthorized = new CommsError.Unauthorized({ errors: [] })

export const internal = new CommsError.InternalServerError({ errors: [] })

/** A poll that the observer is asked for, counted from 1 for each operation. */
export interface Asked {
  readonly key: number
  readonly number: number
  readonly at: number
}

/** An observer that answers as scripted, and keeps a log. */
export const scriptedObserver = <A extends Operation.Operation>(
  answer: (asked: Asked) => Effect.Effect<A, CommsError.CommsError>
) => {
  const asked: Array<Asked> = []
  const batches: Array<number> = []
  const load = { underWay: 0, interrupted: 0 }
  const observer: Observer<A, CommsError.CommsError> = {
    observe: (targets, deliver) =>
      Effect.suspend(() => {
        batches.push(targets.length)
        return Effect.forEach(targets, ({ id }) =>
          Effect.gen(function*() {
            const key = Number(id.slice(-4))
            const at = yield* wholeMillis
            const number = asked.filter((other) => other.key === key).length + 1
            asked.push({ key, number, at })
            load.underWay++
            deliver(id, yield* Effect.result(answer({ key, number, at })), yield* wholeMillis)
          }).pipe(
            Effect.onInterrupt(() => Effect.sync(() => load.interrupted++)),
            Effect.ensuring(Effect.sync(() => load.underWay--))
          ), { concurrency: "unbounded", discard: true })
      })
  }
  return { observer, asked, batches, load, times: () => asked.map(({ at }) => at) }
}
