import { Array, Clock, Console, Effect, Order, Schema } from "effect"

/** A benchmark missed its goal, or received wrong results. */
export class Failed extends Schema.TaggedError<Failed>()("Failed", { message: Schema.String }) {}

export interface Contestant<E, R> {
  readonly name: string
  readonly run: Effect.Effect<unknown, E, R>
}

export interface Timing {
  readonly name: string
  /** In milliseconds. */
  readonly median: number
}

/** Returns the milliseconds that an effect takes. */
export const time = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const start = yield* Clock.currentTimeNanos
  yield* effect
  const end = yield* Clock.currentTimeNanos
  return Number(end - start) / 1e6
})

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = Array.sort(values, Order.Number)
  const upper = sorted[sorted.length >> 1] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? Number.NaN)) / 2
}

/** Runs every measurement once in each round, in turn, so that a slow machine affects all of them. Returns medians. */
export const measure = Effect.fnUntraced(function*<E, R>(
  measurements: ReadonlyArray<Effect.Effect<number, E, R>>,
  options: { readonly warmUps: number; readonly rounds: number }
) {
  const values = measurements.map((): Array<number> => [])
  for (let round = -options.warmUps; round < options.rounds; round++) {
    for (const [index, measurement] of measurements.entries()) {
      const value = yield* measurement
      if (round >= 0) values[index]?.push(value)
    }
    yield* Console.log(round < 0 ? "warm-up" : `round ${round + 1} of ${options.rounds}`)
  }
  return values.map(median)
})

/** Runs every contestant once in each round, and returns their median times. */
export const compete = Effect.fnUntraced(function*<E, R>(
  contestants: ReadonlyArray<Contestant<E, R>>,
  options: { readonly warmUps: number; readonly rounds: number }
) {
  const medians = yield* measure(contestants.map(({ run }) => time(run)), options)
  return contestants.map(({ name }, index): Timing => ({ name, median: medians[index] ?? Number.NaN }))
})

/** Aligns the first column left and the others right. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))
      .join("   ")
  ).join("\n")
}

/** Makes a table of the medians and their ratios to the contestants in `against`. */
export const table = (
  timings: ReadonlyArray<Timing>,
  options: { readonly unit: string; readonly count: number; readonly against: ReadonlyArray<string> }
): string => {
  const references = timings.filter(({ name }) => options.against.includes(name))
  return columns([
    ["", "median, ms", `${options.unit}/s`, ...references.map(({ name }) => `against ${name}`)],
    ...timings.map(({ median, name }) => [
      name,
      median.toFixed(0),
      Math.round(options.count / median * 1_000).toLocaleString("en"),
      ...references.map((reference) => `${(median / reference.median).toFixed(2)}x`)
    ])
  ])
}
