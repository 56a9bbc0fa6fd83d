import type { NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Schema, type Scope } from "effect"
import * as Rounds from "./rounds.ts"

/** A figure, and the goal that it is held against. */
export interface Figure {
  readonly id: string
  /** What was measured, against what. */
  readonly work: string
  readonly figure: number
  /** Whether a higher or a lower figure is better. */
  readonly better: "higher" | "lower"
  readonly goal: number
  readonly stretch?: number
}

/** A benchmark with goals. */
export type Benchmark = Effect.Effect<ReadonlyArray<Figure>, unknown, NodeServices.NodeServices | Scope.Scope>

const reaches = ({ better, figure }: Figure, goal: number): boolean =>
  better === "higher" ? figure >= goal : figure <= goal

export const isMet = (figure: Figure): boolean => reaches(figure, figure.goal)

const verdict = (figure: Figure): string => {
  if (!isMet(figure)) return "MISSED"
  return figure.stretch !== undefined && reaches(figure, figure.stretch) ? "met, and the stretch" : "met"
}

const text = (n: number): string => n >= 100 ? Math.round(n).toLocaleString("en") : n.toFixed(2)

export const print = (figures: ReadonlyArray<Figure>) =>
  Console.log(`\n${
    Rounds.columns([
      ["work", "", "goal", "stretch", "figure", "verdict"],
      ...figures.map((figure) => [
        figure.work,
        figure.id,
        `${figure.better === "higher" ? ">=" : "<="} ${text(figure.goal)}`,
        figure.stretch === undefined ? "" : text(figure.stretch),
        text(figure.figure),
        verdict(figure)
      ])
    ])
  }`)

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.Unknown))

export const write = Effect.fnUntraced(function*(file: string, figures: ReadonlyArray<Figure>) {
  const fs = yield* FileSystem.FileSystem
  const rows = figures.map((figure) => ({ ...figure, verdict: verdict(figure) }))
  yield* fs.writeFileString(file, `${yield* encode(rows)}\n`)
})
