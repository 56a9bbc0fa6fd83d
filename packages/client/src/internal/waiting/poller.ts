// Shares polls among waits whose contexts retry calls in the same way.
import type { Operation } from "@effect-comms/domain/Operation"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Attempts from "../../Attempts.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Observer } from "../observing/observer.ts"
import { makeHub, type Subscription, type Take } from "./hub.ts"
import type { PollError } from "./model.ts"
import type { Request } from "./places.ts"

export interface Poller<A extends Operation> {
  /** Adds the waits of a consumer until the scope closes. */
  readonly subscribe: (
    requests: ReadonlyArray<Request>,
    take: Take<A>
  ) => Effect.Effect<Subscription<A>, never, Scope.Scope>
  /** How many operations have waits. */
  readonly size: () => number
}

export const makePoller = <A extends Operation>(observer: Observer<A, PollError>): Poller<A> => {
  // A retry policy applies to the caller that provides it, not to other waits.
  let hubs: ReadonlyArray<{
    readonly policy: RetryPolicy.RetryPolicy | undefined
    readonly onRetry: (retry: Attempts.Retry) => Effect.Effect<void>
    readonly hub: ReturnType<typeof makeHub<A>>
  }> = []

  const hubOfCaller = Effect.gen(function*() {
    const policy = yield* RetryPolicy.CurrentRetryPolicy
    const onRetry = yield* Attempts.OnRetry
    const found = hubs.find((hub) => hub.policy === policy && hub.onRetry === onRetry)
    const { hub } = found ?? { hub: makeHub(observer) }
    if (found === undefined) hubs = [...hubs, { policy, onRetry, hub }]
    return hub
  })

  return {
    size: () => hubs.reduce((size, { hub }) => size + hub.size(), 0),
    subscribe: (requests, take) =>
      Effect.acquireRelease(hubOfCaller, (hub) =>
        Effect.sync(() => {
          if (hub.size() === 0) hubs = hubs.filter((other) => other.hub !== hub)
        })).pipe(
          Effect.flatMap((hub) => hub.subscribe(requests, take))
        )
  }
}
