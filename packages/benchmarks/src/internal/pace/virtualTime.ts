import { Clock, Duration, Effect, Fiber, Random, Scheduler } from "effect"
import { constVoid } from "effect/Function"

interface Sleep {
  readonly at: number
  readonly number: number
  wake: () => void
}

const isBefore = (a: Sleep | undefined, b: Sleep | undefined): boolean =>
  a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.number < b.number))

/** A binary heap: the next to wake is at the top. */
class Sleeps {
  readonly heap: Array<Sleep> = []

  add(sleep: Sleep): void {
    const { heap } = this
    let n = heap.push(sleep) - 1
    while (n > 0 && isBefore(sleep, heap[(n - 1) >> 1])) {
      this.swap(n, (n - 1) >> 1)
      n = (n - 1) >> 1
    }
  }

  take(): Sleep | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let n = 0;;) {
      const next = isBefore(heap[2 * n + 2], heap[2 * n + 1]) ? 2 * n + 2 : 2 * n + 1
      if (!isBefore(heap[next], heap[n])) return first
      this.swap(n, next)
      n = next
    }
  }

  private swap(a: number, b: number): void {
    const [first, second] = [this.heap[a], this.heap[b]]
    if (first === undefined || second === undefined) return
    this.heap[a] = second
    this.heap[b] = first
  }
}

/** Both times of a process: the one that only runs forward, and the one on the wall, which can be set. */
export class VirtualClock implements Clock.Clock {
  private readonly sleeps = new Sleeps()
  private now = 0
  private number = 0
  private offset = 1_700_000_000_000

  setWallBack(millis: number): void {
    this.offset -= millis
  }

  /** Goes on to the next moment at which something wakes, and wakes all that wakes then. */
  advance(): void {
    const next = this.sleeps.take()
    if (next === undefined) return
    this.now = next.at
    next.wake()
    while (this.sleeps.heap[0]?.at === this.now) this.sleeps.take()?.wake()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (millis <= 0) return Effect.yieldNow
    return Effect.callback((resume) => {
      const sleep: Sleep = { at: this.now + millis, number: this.number++, wake: () => resume(Effect.void) }
      this.sleeps.add(sleep)
      return Effect.sync(() => {
        // The heap does not keep what an interrupted fiber held.
        sleep.wake = constVoid
      })
    })
  }

  readonly currentTimeMillisUnsafe = () => this.offset + this.now
  readonly currentTimeNanosUnsafe = () => BigInt(Math.round(this.currentTimeMillisUnsafe() * 1e6))
  readonly monotonicTimeNanosUnsafe = () => BigInt(Math.round(this.now * 1e6))
  readonly currentTimeMillis = Effect.sync(this.currentTimeMillisUnsafe)
  readonly currentTimeNanos = Effect.sync(this.currentTimeNanosUnsafe)
  readonly monotonicTimeNanos = Effect.sync(this.monotonicTimeNanosUnsafe)
  readonly monotonicMillisUnsafe = () => this.now
  readonly monotonicMillis = Effect.sync(this.monotonicMillisUnsafe)
}

/** Runs a program in virtual time: minutes take as long as what happens in them. */
export const run = <A, E>(seed: number, program: (clock: VirtualClock) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.gen(function*() {
    const clock = new VirtualClock()
    let tasks: Array<() => void> = []
    const scheduler = new Scheduler.MixedScheduler("async", (task) => {
      tasks.push(task)
      return () => void tasks.splice(tasks.indexOf(task), 1)
    })
    const fiber = Effect.runFork(
      program(clock).pipe(
        Random.withSeed(seed),
        Effect.provideService(Clock.Clock, clock)
      ),
      { scheduler }
    )
    // A turn of the event loop lets promises settle.
    const turn = Effect.callback<void>((resume) => {
      setImmediate(() => resume(Effect.void))
    })
    while (fiber.pollUnsafe() === undefined) {
      while (tasks.length > 0) {
        const batch = tasks
        tasks = []
        for (const task of batch) task()
      }
      yield* turn
      if (tasks.length === 0) clock.advance()
    }
    return yield* Fiber.join(fiber)
  })
