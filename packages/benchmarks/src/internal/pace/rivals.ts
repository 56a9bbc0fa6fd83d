// Other ways to decide when a request is sent, behind the same client.
import { FlowControl } from "@effect-comms/client"
import { Duration, Effect, Layer } from "effect"
import type { VirtualClock } from "./virtualTime.ts"

interface Pacer {
  readonly acquire: Effect.Effect<void>
  readonly update: (outcome: FlowControl.Outcome) => void
}

const layer = (clock: VirtualClock, makePacer: () => Pacer) =>
  Layer.succeed(FlowControl.FlowControl, {
    gate: () =>
      Effect.sync((): FlowControl.Gate => {
        const pacer = makePacer()
        return {
          waiting: Effect.succeed(0),
          call: Effect.succeed({
            takeRetry: () => true,
            returnRetry: () => {},
            attempt: ({ deadline, notBefore, onTimeout, send, toOutcome }) =>
              Effect.flatMap(clock.monotonicMillis, (now) =>
                Effect.sleep(Duration.millis(notBefore - now)).pipe(
                  Effect.andThen(pacer.acquire),
                  Effect.timeoutOrElse({
                    duration: Duration.millis(deadline - now),
                    orElse: () => Effect.suspend(() => Effect.fail(onTimeout()))
                  })
                )).pipe(
                  Effect.andThen(Effect.onExit(send, (exit) => Effect.sync(() => pacer.update(toOutcome(exit)))))
                )
          })
        }
      })
  })

/** Each call waits for what it was asked to wait for, and knows of no other. */
export const alone = (clock: VirtualClock) => layer(clock, () => ({ acquire: Effect.void, update: () => {} }))

const beta = 0.7
const scale = 0.4
const smooth = 0.8
const minFillRate = 0.5

const seconds = (clock: VirtualClock) => clock.monotonicMillisUnsafe() / 1000

/** The client rate limiter of the AWS SDKs' `adaptive` retry mode. Its times are seconds. */
export const adaptive = (clock: VirtualClock) =>
  layer(clock, () => {
    let isEnabled = false
    let fillRate = 0
    let capacity = 0
    let maxCapacity = 0
    let filledAt = 0
    let measured = 0
    let bucketAt = Math.floor(seconds(clock))
    let count = 0
    let lastMaxRate = 0
    let lastThrottledAt = seconds(clock)

    const refill = () => {
      capacity = Math.min(maxCapacity, capacity + (seconds(clock) - filledAt) * fillRate)
      filledAt = seconds(clock)
    }
    const measure = () => {
      const bucket = Math.floor(seconds(clock) * 2) / 2
      count++
      if (bucket <= bucketAt) return
      measured = count / (bucket - bucketAt) * smooth + measured * (1 - smooth)
      count = 0
      bucketAt = bucket
    }
    return {
      acquire: Effect.suspend(() => {
        if (!isEnabled) return Effect.void
        refill()
        capacity--
        return capacity >= 0 ? Effect.void : Effect.sleep(Duration.millis(-capacity / fillRate * 1000))
      }),
      update: ({ status }) => {
        measure()
        let rate: number
        if (status === 429 || status === 503) {
          lastMaxRate = isEnabled ? Math.min(measured, fillRate) : measured
          lastThrottledAt = seconds(clock)
          rate = lastMaxRate * beta
          isEnabled = true
        } else {
          const window = Math.cbrt(lastMaxRate * (1 - beta) / scale)
          rate = scale * (seconds(clock) - lastThrottledAt - window) ** 3 + lastMaxRate
        }
        refill()
        fillRate = Math.max(Math.min(rate, 2 * measured), minFillRate)
        maxCapacity = Math.max(fillRate, 1)
        capacity = Math.min(capacity, maxCapacity)
      }
    }
  })
