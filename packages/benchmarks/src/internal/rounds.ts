import { Array, Clock, Console, Effect, Order } from "effect"

export interface Contestant<E, R> {
  readonly name: string
  readonly run: Effect.Effect<unknown, E, R>
}

export interface Timing {
  readonly name: string
  /** In milliseconds. */
  readonly median: number
}

const time = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
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

/** Runs every contestant once in each round, in turn, so that a slow machine affects all of them. */
export const compete = Effect.fnUntraced(function*<E, R>(
  contestants: ReadonlyArray<Contestant<E, R>>,
  options: { readonly warmUps: number; readonly rounds: number }
) {
  const times = contestants.map((): Array<number> => [])
  for (let round = -options.warmUps; round < options.rounds; round++) {
    for (const [index, { run }] of contestants.entries()) {
      const millis = yield* time(run)
      if (round >= 0) times[index]?.push(millis)
    }
    yield* Console.log(round < 0 ? "warm-up" : `round ${round + 1} of ${options.rounds}`)
  }
  return contestants.map(({ name }, index): Timing => ({ name, median: median(times[index] ?? []) }))
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
