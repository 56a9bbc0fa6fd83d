import type { FlowControl } from "@effect-comms/client"
import { Effect, type Layer } from "effect"
import * as Servers from "./servers.ts"
import * as Stage from "./stage.ts"
import * as VirtualTime from "./virtualTime.ts"

const minute = 60_000

export interface Goal {
  readonly name: string
  readonly least?: number
  readonly most?: number
  /** Whether the least is a share of what each call gets alone. */
  readonly ofAlone?: boolean
}

export interface Case {
  readonly name: string
  readonly goals: ReadonlyArray<Goal>
  readonly run: (
    seed: number,
    rival: Rival | undefined
  ) => Effect.Effect<ReadonlyArray<number>>
}

export type Rival = (clock: VirtualTime.VirtualClock) => Layer.Layer<FlowControl.FlowControl>

const range = (length: number, from = 0) => Array.from({ length }, (_, n) => from + n)

const rate = (
  { done }: Stage.Log,
  from: number,
  until: number,
  which: (key: number) => boolean = () => true
): number => done.filter(({ at, key }) => at >= from && at < until && which(key)).length / (until - from) * 1000

const refusals = ({ requests }: Stage.Log): number => requests.filter(({ isRefused }) => isRefused).length

/** The seconds from a time until a share of a rate is reached for five seconds. */
const secondsUntil = (log: Stage.Log, from: number, until: number, least: number): number => {
  for (let at = from; at + 5000 <= until; at += 500) {
    if (rate(log, at, at + 5000) >= least) return (at - from) / 1000
  }
  return (until - from) / 1000
}

interface Looping extends Omit<Stage.Options, "server"> {
  readonly server: (seed: number) => Servers.Server
  readonly keys?: ReadonlyArray<number>
  readonly until: number
  readonly processes?: number
  readonly measure: (log: Stage.Log) => ReadonlyArray<number>
}

/** Callers that call one after another, each for its own key. */
const looping =
  ({ keys = range(33), measure, processes = 1, until, ...options }: Looping): Case["run"] => (seed, rival) =>
    VirtualTime.run(seed, (clock) =>
      Effect.scoped(Effect.gen(function*() {
        const { calls, log } = yield* Stage.clients(clock, processes, {
          ...options,
          server: options.server(seed),
          rival: rival?.(clock)
        })
        yield* Effect.forEach(
          keys,
          (key, n) => Stage.caller(clock, calls[n % processes] ?? (() => Effect.void), key, until),
          { concurrency: "unbounded", discard: true }
        )
        return measure(log)
      })).pipe(Effect.orDie))

interface Bursting extends Omit<Stage.Options, "server"> {
  readonly server: () => Servers.Server
  readonly calls: number
  readonly measure: (log: Stage.Log) => ReadonlyArray<number>
}

const bursting = ({ calls: count, measure, ...options }: Bursting): Case["run"] => (seed, rival) =>
  VirtualTime.run(seed, (clock) =>
    Effect.scoped(Effect.gen(function*() {
      const { calls: [call], log } = yield* Stage.clients(clock, 1, {
        ...options,
        server: options.server(),
        rival: rival?.(clock)
      })
      if (call !== undefined) {
        yield* Effect.forEach(range(count), call, { concurrency: "unbounded", discard: true })
      }
      return measure(log)
    })).pipe(Effect.orDie))

const lastAt = ({ done }: Stage.Log): number => Math.max(...done.map(({ at }) => at)) / 1000

const ten = { requests: 10, window: "1 second" } as const

const outageEnd = 21 * minute

/** Sends calls, sets the wall clock back by an hour, and sends more. Measures the end and the failures. */
const setBack =
  ({ server, ...options }: Omit<Bursting, "calls" | "measure">, first: number, next: number): Case["run"] =>
  (seed, rival) =>
    VirtualTime.run(seed, (clock) =>
      Effect.scoped(Effect.gen(function*() {
        const { calls: [call = () => Effect.void], log } = yield* Stage.clients(clock, 1, {
          ...options,
          server: server(),
          rival: rival?.(clock)
        })
        const burst = (from: number, count: number) =>
          Effect.forEach(range(count, from), call, { concurrency: "unbounded", discard: true })
        yield* Effect.all([
          burst(0, first),
          Effect.sleep(1000).pipe(
            Effect.andThen(Effect.sync(() => clock.setWallBack(3_600_000))),
            Effect.andThen(burst(first, next))
          )
        ], { concurrency: "unbounded" })
        return [lastAt(log), log.failed]
      })).pipe(Effect.orDie))

const isBad = (key: number) => key === 0
const isGood = (key: number) => key > 0

const noise = (share: number, least: number): Case => ({
  name: `${share * 100} % of the answers are 429, at random`,
  goals: [
    { name: "calls a second, 1st minute", least, ofAlone: true },
    { name: "calls a second, later", least, ofAlone: true }
  ],
  run: looping({
    server: (seed) => Servers.noisy(share, seed),
    latency: 200,
    until: 1.5 * minute,
    measure: (log) => [rate(log, 0, minute), rate(log, minute, 1.5 * minute)]
  })
})

const sixty = (latency: number, flowControl?: FlowControl.Options): Pick<Case, "run"> => ({
  run: bursting({
    calls: 60,
    server: () => Servers.windowed(10),
    latency,
    flowControl,
    measure: (log) => [log.done.length, refusals(log), lastAt(log)]
  })
})

/** What a server does, and what a client should come to. Every `Retry-After` is whole seconds, and at least one. */
export const cases: ReadonlyArray<Case> = [
  {
    name: "one of 33 ids is always refused",
    goals: [
      { name: "calls a second of the others, 1st minute", least: 0.8, ofAlone: true },
      { name: "calls a second of the others, later", least: 0.8, ofAlone: true }
    ],
    run: looping({
      server: () => Servers.forKey(0, Servers.always, Servers.free),
      latency: 200,
      until: 1.5 * minute,
      measure: (log) => [rate(log, 0, minute, isGood), rate(log, minute, 1.5 * minute, isGood)]
    })
  },
  noise(0.05, 0.3),
  noise(0.01, 0.6),
  {
    name: "one of 33 ids: 429 and 200 in turn",
    goals: [
      { name: "its calls a second", least: 0.4 },
      { name: "calls a second of the others", least: 0.8, ofAlone: true }
    ],
    run: looping({
      server: () => Servers.forKey(0, Servers.inTurn(), Servers.free),
      latency: 200,
      until: minute,
      measure: (log) => [rate(log, 0, minute, isBad), rate(log, 0, minute, isGood)]
    })
  },
  {
    name: "one id alone: 429 and 200 in turn",
    goals: [{ name: "calls a second", least: 0.4 }],
    run: looping({
      server: () => Servers.inTurn(),
      keys: [0],
      latency: 200,
      until: 5 * minute,
      measure: (log) => [rate(log, minute, 5 * minute)]
    })
  },
  {
    name: "everything is refused for 20 minutes",
    goals: [
      { name: "s to the first request after it", most: 5 },
      { name: "s to 90 % of the rate before it", most: 30 }
    ],
    run: looping({
      server: () => Servers.phases([minute, Servers.free], [outageEnd, Servers.always]),
      keys: range(8),
      latency: 200,
      until: outageEnd + minute,
      measure: (log) => [
        ((log.requests.find(({ at }) => at >= outageEnd)?.at ?? Infinity) - outageEnd) / 1000,
        secondsUntil(log, outageEnd, outageEnd + minute, 0.9 * rate(log, minute / 2, minute))
      ]
    })
  },
  {
    name: "100 a second, then 2, then 100, a minute each",
    goals: [{ name: "s to 90 a second", most: 30 }],
    run: looping({
      server: () =>
        Servers.phases([minute, Servers.windowed(100)], [2 * minute, Servers.windowed(2)], [
          Infinity,
          Servers.windowed(100)
        ]),
      latency: 50,
      until: 4 * minute,
      measure: (log) => [secondsUntil(log, 2 * minute, 4 * minute, 90)]
    })
  },
  {
    name: "a bucket of 100 a second that holds 4",
    goals: [{ name: "used in the 1st minute", least: 0.8 }],
    run: looping({
      server: () => Servers.bucket(100, 4),
      latency: 50,
      until: minute,
      measure: (log) => [rate(log, 0, minute) / 100]
    })
  },
  {
    name: "the wall clock goes back an hour: parked",
    goals: [{ name: "s", most: 6 }, { name: "failed", most: 0 }],
    run: setBack({ server: () => Servers.first({ retryAfter: 5 }), latency: 50 }, 1, 4)
  },
  {
    name: "the wall clock goes back an hour: learned",
    goals: [{ name: "s", most: 8 }, { name: "failed", most: 0 }],
    run: setBack({ server: () => Servers.windowed(10), latency: 50 }, 40, 20)
  },
  {
    name: "the wall clock goes back an hour: told",
    goals: [{ name: "s", most: 6 }, { name: "failed", most: 0 }],
    run: setBack({ server: () => Servers.windowed(10), latency: 50, flowControl: { limit: ten } }, 40, 20)
  },
  ...[1, 50, 150].map((latency): Case => ({
    name: `60 calls at once, 10 a second, ${latency} ms`,
    goals: [{ name: "ok", least: 60 }, { name: "refused", most: 10 }, { name: "s", most: 7.5 }],
    ...sixty(latency)
  })),
  {
    name: "60 calls at once, told 10 a second",
    goals: [{ name: "ok", least: 60 }, { name: "refused", most: 1 }, { name: "s", most: 5.7 }],
    ...sixty(50, { limit: ten })
  },
  {
    name: "10,000 calls at once, 100 a second",
    goals: [{ name: "ok", least: 10_000 }, { name: "share refused", most: 0.01 }],
    run: bursting({
      calls: 10_000,
      server: () => Servers.windowed(100),
      latency: 50,
      retry: { callTimeout: "10 minutes" },
      measure: (log) => [log.done.length, refusals(log) / log.requests.length]
    })
  },
  {
    name: "a bucket of 10 a second that holds 10",
    goals: [{ name: "used", least: 0.95 }],
    run: looping({
      server: () => Servers.bucket(10, 10),
      latency: 50,
      until: 5 * minute,
      measure: (log) => [rate(log, 0, 5 * minute) / 10]
    })
  },
  {
    name: "everything is refused with Retry-After: 0 for a minute",
    goals: [
      { name: "requests a second", most: 40 },
      { name: "s to 90 % of the rate of calls alone", most: 30 }
    ],
    run: looping({
      server: () => Servers.phases([minute, () => ({ retryAfter: 0 })]),
      keys: range(8),
      latency: 50,
      until: 1.75 * minute,
      measure: (log) => [
        log.requests.filter(({ at }) => at < minute).length / 60,
        secondsUntil(log, minute, 1.75 * minute, 0.9 * 8 / 0.051)
      ]
    })
  },
  {
    name: "three processes, 30 a second",
    goals: [{ name: "used", least: 0.75 }, { name: "least share of one", least: 0.15 }, {
      name: "share refused",
      most: 0.05
    }],
    run: looping({
      server: () => Servers.windowed(30),
      latency: 50,
      processes: 3,
      until: 5 * minute,
      measure: (log) => [
        rate(log, 0, 5 * minute) / 30,
        Math.min(...range(3).map((process) => rate(log, 0, 5 * minute, (key) => key % 3 === process))) /
        rate(log, 0, 5 * minute),
        refusals(log) / log.requests.length
      ]
    })
  }
]
