import { Effect, Terminal } from "effect"

const unused = Effect.die(new Error("The command reads no input."))

/** A terminal with this number of columns. */
export const columns = (columns: number): Terminal.Terminal =>
  Terminal.make({
    columns: Effect.succeed(columns),
    rows: Effect.succeed(24),
    size: unused,
    readInput: unused,
    readLine: unused,
    display: () => unused
  })
