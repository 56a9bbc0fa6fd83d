// The progress of waits: bars on a terminal, a line per change elsewhere, or every event on stdout.
import * as Attempts from "@effect-comms/client/Attempts"
import type * as Waiting from "@effect-comms/client/Waiting"
import { causeOf } from "@effect-comms/domain/CommsError"
import { type Counts, isTerminalStatus, type Operation } from "@effect-comms/domain/Operation"
import { printable } from "@effect-comms/domain/Printable"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Failure from "../../Failure.ts"
import * as Format from "../../Format.ts"
import type { Needs } from "../../Handler.ts"
import * as Resource from "../../Resource.ts"
import * as Retries from "../../Retries.ts"
import * as Settings from "../../Settings.ts"
import * as Bars from "./bars.ts"
import * as Ending from "./ending.ts"
import * as Screen from "./screen.ts"

type Event = Exclude<Waiting.Event, { readonly _tag: "Started" }>

export interface Progress {
  readonly happened: (id: string, event: Event) => Effect.Effect<void, PlatformError.PlatformError>
  readonly ended: (ending: Ending.Ending) => Effect.Effect<void, PlatformError.PlatformError>
  /** Senders were added, of all that are to be added. */
  readonly counted: (id: string, counts: Counts) => Effect.Effect<void>
  readonly retrying: (retry: Attempts.Retry) => Effect.Effect<void>
}

const failureOf = (error: Waiting.PollError, failures: number): string =>
  `poll failed: ${causeOf(error)}${failures > 1 ? `, ${failures} times in a row` : ""}`

const waitOf = ({ attempt }: Attempts.Retry): string =>
  `The server answered ${attempt.status ?? attempt.outcome} and asks to wait`

const noteOf = (event: Event): string | undefined => {
  switch (event._tag) {
    case "Changed":
      return event.snapshot.progress.wentBackwards ? "went back" : undefined
    case "Stalled":
      return `unchanged for ${Bars.roughly(event.snapshot.progress.unchangedFor)}`
    case "PollFailed":
      return failureOf(event.error, event.failures)
    case "NotFoundYet":
      return "not found yet"
  }
}

type OnRetry = Progress["retrying"]

// The wall clock can be set, so no duration comes from it.
const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)

const silent = (onRetry: OnRetry): Progress => ({
  happened: () => Effect.void,
  ended: () => Effect.void,
  counted: () => Effect.void,
  retrying: onRetry
})

// The rate is the mean since the start.
const snapshotsSince = (startedAt: number) => (counts: Counts, now: number): Bars.Snapshot => {
  const { settled, total } = counts
  const rate = now > startedAt ? settled * 1_000 / (now - startedAt) : 0
  return {
    operation: { status: "PROCESSING", stats: {}, counts },
    progress: {
      fraction: total === 0 ? undefined : settled / total,
      ...(rate === 0 ? {} : { rate, remaining: Duration.seconds((total - settled) / rate) })
    },
    seenAt: now
  }
}

/** The progress as bars, which are redrawn until the scope ends. */
export const bars = Effect.fnUntraced(function*(
  ids: ReadonlyArray<string>,
  resource: Resource.Counters,
  style: Bars.Style,
  screen: Screen.Screen
): Effect.fn.Return<Progress, never, Scope.Scope> {
  const snapshotOf = snapshotsSince(yield* monotonicMillis)
  const rows = new Map(ids.map((id): [string, Bars.Row] => [id, { id }]))
  let wait: { readonly text: string; readonly until: number } | undefined
  const draw = Effect.map(monotonicMillis, (now) => {
    const left = wait === undefined ? 0 : wait.until - now
    const notice = wait === undefined || left <= 0
      ? undefined
      : `${wait.text}: ${Bars.roughly(Duration.millis(left))} to go`
    screen.draw(Bars.draw({ rows: [...rows.values()], resource, notice, size: screen.size(), style, now }))
  })
  yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced(Bars.frameMillis)))
  yield* Effect.addFinalizer(() => draw)
  const set = (id: string, change: Partial<Bars.Row>) =>
    Effect.sync(() => {
      rows.set(id, { ...rows.get(id), id, ...change })
    })
  const progress: Progress = {
    happened: (id, event) =>
      Effect.flatMap(monotonicMillis, (now) =>
        set(id, {
          note: noteOf(event),
          ...("snapshot" in event ? { snapshot: { ...event.snapshot, seenAt: now } } : {})
        })),
    ended: (ending) => set(ending.id, { ending }),
    counted: (id, counts) => Effect.flatMap(monotonicMillis, (now) => set(id, { snapshot: snapshotOf(counts, now) })),
    retrying: (retry) =>
      Effect.map(monotonicMillis, (now) => {
        const text = retry.attempt.asked === undefined ? Retries.describe(retry) : waitOf(retry)
        wait = { text, until: now + Duration.toMillis(retry.delay) }
      })
  }
  return progress
})

const percentOf = (fraction: number): number => Math.floor(fraction * 100)

const lineOf = (
  resource: Resource.Counters,
  id: string,
  { operation, progress: { fraction, rate, remaining } }: Bars.Items
): string =>
  [
    `${id} ${printable(operation.status)}:`,
    ...(fraction === undefined ? [] : [`${percentOf(fraction)}%,`]),
    Resource.countsOf(resource, operation),
    ...(isTerminalStatus(operation.status) || rate === undefined || remaining === undefined
      ? []
      : [`(${rate.toFixed(1)} a second, ${Bars.roughly(remaining)} left)`])
  ].join(" ")

// A bulk addition has a line for each step of this many percent.
const step = 10

/** The progress as a line per change. */
export const lines = Effect.fnUntraced(function*(
  resource: Resource.Counters,
  isVerbose: boolean,
  onRetry: OnRetry
): Effect.fn.Return<Progress> {
  const snapshotOf = snapshotsSince(yield* monotonicMillis)
  let last = -1
  const progress: Progress = {
    happened: (id, event) =>
      Effect.logInfo(event._tag === "Changed" ? lineOf(resource, id, event.snapshot) : `${id} ${noteOf(event)}`),
    ended: (ending) => Effect.logInfo(`${ending.id} ${Ending.phraseOf(ending)}`),
    counted: (id, counts) =>
      Effect.flatMap(monotonicMillis, (now) => {
        const snapshot = snapshotOf(counts, now)
        const current = Math.floor(percentOf(snapshot.progress.fraction ?? 1) / step)
        if (current <= last) return Effect.void
        last = current
        return Effect.logInfo(lineOf(resource, id, snapshot))
      }),
    // --verbose already logs every retry.
    retrying: (retry) =>
      retry.attempt.asked === undefined || isVerbose
        ? onRetry(retry)
        : Effect.logInfo(`${waitOf(retry)}: ${Failure.shortTime(retry.delay)}`)
  }
  return progress
})

type Encode = Format.Shape<Operation>["encode"]

const print = (event: unknown) =>
  Format.write(Format.toText({ columns: [], encode: (event) => event }, "ndjson", false)(Stream.succeed(event)))

const encodeSnapshot = (encode: Encode, { operation, progress, seenAt }: Waiting.Snapshot) => ({
  seenAt: DateTime.formatIso(seenAt),
  progress: {
    settled: progress.settled,
    total: progress.total,
    fraction: progress.fraction ?? null,
    perSecond: progress.rate ?? null,
    remainingMillis: progress.remaining === undefined ? null : Duration.toMillis(progress.remaining),
    unchangedMillis: Duration.toMillis(progress.unchangedFor),
    wentBackwards: progress.wentBackwards
  },
  operation: encode(operation)
})

const encodeEvent = (encode: Encode, id: string, event: Event) => {
  switch (event._tag) {
    case "Changed":
    case "Stalled":
      return { event: event._tag, id, ...encodeSnapshot(encode, event.snapshot) }
    case "PollFailed":
      return { event: event._tag, id, failures: event.failures, error: event.error._tag, message: event.error.message }
    case "NotFoundYet":
      return { event: event._tag, id }
  }
}

const events = Effect.fnUntraced(function*({ shape }: Resource.Resource, onRetry: OnRetry) {
  const stdio = yield* Stdio.Stdio
  const tell = (event: unknown) => Effect.provideService(print(event), Stdio.Stdio, stdio)
  const progress: Progress = {
    ...silent(onRetry),
    happened: (id, event) => tell(encodeEvent(shape.encode, id, event)),
    ended: (ending) => tell({ event: "Ended", ...Object(Ending.shapeOf(shape).encode(ending)) })
  }
  return progress
})

/** The progress on stderr that fits the flags and the terminal. */
export const onStderr = Effect.fnUntraced(function*(
  ids: ReadonlyArray<string>,
  resource: Resource.Counters
): Effect.fn.Return<Progress, never, Scope.Scope | Stdio.Stdio | Needs> {
  const onRetry = yield* Attempts.OnRetry
  if (yield* Settings.Quiet) return silent(onRetry)
  const isVerbose = yield* Settings.Verbose
  const isText = (yield* Settings.LogFormat) === "text"
  const style = yield* Screen.style
  // Other lines on stderr would break the bars.
  return style !== undefined && isText && !isVerbose
    ? yield* bars(ids, resource, style, yield* Screen.make)
    : yield* lines(resource, isVerbose, onRetry)
})

/** The progress on stderr, or every event on stdout with ndjson. */
export const make = Effect.fnUntraced(function*(
  ids: ReadonlyArray<string>,
  resource: Resource.Resource,
  format: Format.Format
): Effect.fn.Return<Progress, never, Scope.Scope | Stdio.Stdio | Needs> {
  return format === "ndjson"
    ? yield* events(resource, yield* Attempts.OnRetry)
    : yield* onStderr(ids, resource)
})
