import * as Duration from "effect/Duration"

/** Formats rows as lines, with each column as wide as its widest cell. */
export const pad = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n")
}

export const seconds = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "" : `${(Duration.toMillis(duration) / 1000).toFixed(2)} s`
