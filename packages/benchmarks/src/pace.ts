import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { type Case, cases, type Goal, type Rival } from "./internal/pace/cases.ts"
import * as Rivals from "./internal/pace/rivals.ts"
import * as Rounds from "./internal/rounds.ts"

const seeds = [1, 2, 3]

class Missed extends Schema.TaggedError<Missed>()("Missed", { goals: Schema.Array(Schema.String) }) {
  override get message(): string {
    return `This client missed ${this.goals.length} goals: ${this.goals.join("; ")}.`
  }
}

const show = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value)
    ? "never"
    : value >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : value.toFixed(value < 1 ? 3 : 1)

const isMet = ({ least, most, ofAlone }: Goal, value: number, alone: number): boolean =>
  value >= (least ?? -Infinity) * (ofAlone === true ? alone : 1) && value <= (most ?? Infinity)

const textOf = ({ least, most, ofAlone }: Goal): string =>
  most === undefined ? `>= ${least}${ofAlone === true ? " of alone" : ""}` : `<= ${most}`

const judge = Effect.fnUntraced(function*({ goals, name, run }: Case) {
  const runs = (rival: Rival | undefined, seeds: ReadonlyArray<number>) =>
    Effect.forEach(seeds, (seed) => run(seed, rival))
  const own = yield* runs(undefined, seeds)
  // The others are shown for one seed, unless this client is judged by them.
  const alone = yield* runs(Rivals.alone, goals.some(({ ofAlone }) => ofAlone) ? seeds : seeds.slice(0, 1))
  const adaptive = yield* runs(Rivals.adaptive, seeds.slice(0, 1))
  yield* Console.log(name)
  return goals.map((goal, n) => {
    const worst = goal.most === undefined ? Math.min : Math.max
    const values = (results: ReadonlyArray<ReadonlyArray<number>>) => results.map((result) => result[n] ?? Number.NaN)
    const isGood = own.every((result, seed) => isMet(goal, result[n] ?? Number.NaN, alone[seed]?.[n] ?? Number.NaN))
    return {
      isGood,
      name: `${name}, ${goal.name}`,
      row: [
        n === 0 ? name : "",
        goal.name,
        textOf(goal),
        `${show(Rounds.median(values(own)))} (${show(worst(...values(own)))})`,
        isGood ? "met" : "MISSED",
        show(Rounds.median(values(alone))),
        show(Rounds.median(values(adaptive)))
      ]
    }
  })
})

const program = Effect.gen(function*() {
  const verdicts = (yield* Effect.forEach(cases, judge)).flat()
  yield* Console.log(
    `\nThis client: the median of ${seeds.length} seeds (the worst). All in virtual time.\n\n${
      Rounds.columns([
        ["", "", "goal", "this client", "", "each call alone", "AWS adaptive"],
        ...verdicts.map(({ row }) => row)
      ])
    }\n`
  )
  const missed = verdicts.filter(({ isGood }) => !isGood)
  if (missed.length > 0) return yield* new Missed({ goals: missed.map(({ name }) => name) })
})

program.pipe(NodeRuntime.runMain)
