/**
 * Flags and arguments that several commands have: durations, dates, ids, sizes and names in capitals.
 *
 * @since 0.1.0
 */
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Param from "effect/cli/Param"
import * as Primitive from "effect/cli/Primitive"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Parsers from "./Parsers.ts"

const parse = <A>(
  kind: CliError.InvalidValue["kind"],
  option: string,
  parserOf: (parsers: typeof Parsers) => Parsers.Parser<A>
) =>
  Effect.fnUntraced(function*(value: string) {
    const { expected, parse } = parserOf(yield* Effect.promise(() => import("./Parsers.ts")))
    return yield* Effect.flatMap(
      parse(value),
      Option.match({
        onNone: () => Effect.fail(new CliError.InvalidValue({ option, value, expected, kind })),
        onSome: (parsed) => Effect.succeed(parsed)
      })
    )
  })

/**
 * A finite duration above zero.
 *
 * @category flags
 * @since 0.1.0
 */
export const positiveDuration = (name: string): Flag.Flag<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.mapEffect(parse("flag", name, ({ positiveDuration }) => positiveDuration)),
    Flag.withMetavar("DURATION")
  )

/**
 * A point in time.
 *
 * @category flags
 * @since 0.1.0
 */
export const date = (name: string): Flag.Flag<DateTime.Utc> =>
  Flag.String(name).pipe(Flag.mapEffect(parse("flag", name, ({ date }) => date)), Flag.withMetavar("DATE"))

const parseInt = (text: string): Option.Option<number> =>
  /^-?\d+$/.test(text) ? Option.filter(Option.some(Number(text)), Number.isSafeInteger) : Option.none()

/**
 * A whole number within bounds.
 *
 * @category flags
 * @since 0.1.0
 */
export const int = (name: string, minimum: number, maximum: number): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.filter(parseInt(text), (value) => value >= minimum && value <= maximum),
      () => {
        const from = minimum === Number.MIN_SAFE_INTEGER ? "" : ` from ${minimum}`
        const to = maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`
        return `a whole number${from}${to}`
      }
    ),
    Flag.withMetavar("N")
  )

/**
 * A default value, which help shows behind the description.
 *
 * @category flags
 * @since 0.1.0
 */
export const withDefault =
  <const Value extends string | number>(description: string, value: Value) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A | Value> =>
    flag.pipe(Flag.withDescription(`${description}. Default ${value}`), Flag.withDefault(value))

/**
 * One of several names in capitals. The value of the flag may also be in lower case.
 *
 * @category flags
 * @since 0.1.0
 */
export const capitals = <const Names extends ReadonlyArray<string>>(
  name: string,
  names: Names
): Flag.Flag<Names[number]> => {
  const choice: Primitive.Primitive<Names[number]> = Primitive.Choice(names.map((name) => [name, name] as const))
  // Help and completions show the keys of a choice, so the parser is replaced in a choice.
  const primitiveType = Object.assign(Object.create(Object.getPrototypeOf(choice)), choice, {
    parse: (text: string) => choice.parse(text.toUpperCase())
  })
  return Param.makeSingle<"flag", Names[number]>({ kind: Param.flagKind, name, primitiveType })
}

const maxPageSize: typeof Pagination.maxPageSize = 1000

/**
 * The size of a page.
 *
 * @category flags
 * @since 0.1.0
 */
export const pageSize: Flag.Flag<number> = int("page-size", 1, maxPageSize)

/**
 * The ids of one or more operations.
 *
 * @category arguments
 * @since 0.1.0
 */
export const operationIds: Argument.Argument<ReadonlyArray<string>> = Argument.String("ID").pipe(
  Argument.mapEffect(parse("argument", "ID", ({ operationId }) => operationId)),
  Argument.withDescription("Operation id"),
  Argument.atLeast(1)
)
