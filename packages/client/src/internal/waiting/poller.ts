// Shares polls among waiters whose contexts retry calls in the same way.
import type { Operation } from "@effect-comms/domain/Operation"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Attempts from "../../Attempts.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Observer } from "../observing/observer.ts"
import type { PollResult, Request } from "./entries.ts"
import { makeHub } from "./hub.ts"
import type { PollError } from "./model.ts"

/** One waiter's access to the polls of an operation. */
export interface Subscription<A extends Operation> {
  /**
   * The newest result after that number, as soon as there is one. Undefined if the schedule has no more polls. Without
   * a number, it can be an earlier result that is recent enough for the schedule.
   */
  readonly next: (after: number | undefined) => Effect.Effect<PollResult<A> | undefined>
}

export interface Poller<A extends Operation> {
  /** Adds a waiter for an operation until the scope closes. */
  readonly subscribe: (request: Request) => Effect.Effect<Subscription<A>, never, Scope.Scope>
  /** How many operations have waiters. */
  readonly size: () => number
}

export const makePoller = <A extends Operation>(observer: Observer<A, PollError>): Poller<A> => {
  // A retry policy applies to the caller that provides it, not to other waiters.
  let hubs: ReadonlyArray<{
    readonly policy: RetryPolicy.RetryPolicy | undefined
    readonly onRetry: (retry: Attempts.Retry) => Effect.Effect<void>
    readonly hub: ReturnType<typeof makeHub<A>>
  }> = []

  const enter = Effect.fnUntraced(function*(request: Request) {
    const policy = yield* RetryPolicy.CurrentRetryPolicy
    const onRetry = yield* Attempts.OnRetry
    const found = hubs.find((hub) => hub.policy === policy && hub.onRetry === onRetry)
    const { hub } = found ?? { hub: makeHub(observer) }
    if (found === undefined) hubs = [...hubs, { policy, onRetry, hub }]
    return { hub, place: yield* hub.enter(request) }
  })

  return {
    size: () => hubs.reduce((size, { hub }) => size + hub.size(), 0),
    subscribe: (request) =>
      Effect.map(
        Effect.acquireRelease(enter(request), ({ hub, place }) =>
          Effect.ensuring(
            hub.leave(place),
            Effect.sync(() => {
              if (hub.size() === 0) hubs = hubs.filter((other) => other.hub !== hub)
            })
          )),
        ({ hub, place }): Subscription<A> => ({ next: (after) => hub.next(place, after) })
      )
  }
}
