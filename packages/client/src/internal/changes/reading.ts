// Reads that a change of several requests depends on: they outlast failures, and lists that do not show a change yet.
import type * as CommsError from "@effect-comms/domain/CommsError"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import { type SenderId, SenderIdFromServer } from "@effect-comms/domain/Sender"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as SenderPools from "../../SenderPools.ts"
import { backoff } from "../backoff.ts"
import { monotonicMillis } from "../monotonic.ts"
import { isTransient } from "../transient.ts"

const maxRetries = 10

/** Retries a read whose call has failed for a transient reason in spite of its own retries. */
export const patiently = <A, E extends CommsError.CommsError, R>(
  read: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.retry(read, {
    while: isTransient,
    schedule: backoff("1 second", "30 seconds").pipe(Schedule.upTo({ times: maxRetries }))
  })

/** Reads until the value is as expected or the grace has passed, and returns the last value. */
export const readUntil = Effect.fnUntraced(function*<A, E, R>(
  read: Effect.Effect<A, E, R>,
  isExpected: (a: A) => boolean,
  grace: Duration.Duration
): Effect.fn.Return<A, E, R> {
  const deadline = (yield* monotonicMillis) + Duration.toMillis(grace)
  for (let delay = 500;; delay = Math.min(2 * delay, 10_000)) {
    const value = yield* read
    const left = deadline - (yield* monotonicMillis)
    if (isExpected(value) || left <= 0) return value
    yield* Effect.sleep(Math.min(delay, Math.ceil(left)))
  }
})

/** The ids of the Senders of a pool. A Sender that cannot be decoded is in the pool as well. */
export const members = (
  { streamSenders }: Pick<SenderPools.Service, "streamSenders">,
  senderPoolId: string
) =>
  patiently(Effect.suspend(() => {
    const ids = new Set<SenderId>()
    return streamSenders({ senderPoolId, pageSize: maxPageSize }, {
      onInvalidItem: ({ id }) => Effect.sync(() => id !== undefined && ids.add(SenderIdFromServer.make(id)))
    }).pipe(
      Stream.runForEachArray((senders) => Effect.sync(() => senders.forEach(({ id }) => ids.add(id)))),
      Effect.as(ids)
    )
  }))
