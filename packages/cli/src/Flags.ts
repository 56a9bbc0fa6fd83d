/**
 * Flags and arguments that several commands have: durations, dates, ids, sizes and names in capitals.
 *
 * @since 0.1.0
 */
import type * as Pagination from "@effect-comms/domain/Pagination"
import type * as Sender from "@effect-comms/domain/Sender"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Param from "effect/cli/Param"
import * as Primitive from "effect/cli/Primitive"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Format from "./Format.ts"
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
 * The paging and the format of a list. `noun` names its rows.
 *
 * @category flags
 * @since 0.1.0
 */
export const paging = (noun: string) => ({
  limit: int("limit", 1, Number.MAX_SAFE_INTEGER).pipe(Flag.withDescription(`Stop after N ${noun}`), Flag.optional),
  pageSize: int("page-size", 1, maxPageSize).pipe(
    Flag.withDescription(
      `${noun.slice(0, 1).toUpperCase()}${
        noun.slice(1)
      } per page, 1 to 1000. Default: the value of --limit, at most 1000`
    ),
    Flag.optional
  ),
  pageToken: Flag.String("page-token").pipe(
    Flag.filter((token) => token !== "", () => "a page token that is not empty"),
    Flag.withMetavar("TOKEN"),
    Flag.withDescription("Start with this page"),
    Flag.optional
  ),
  format: Format.flag
})

/**
 * The flags of every list. `noun` names its rows.
 *
 * @category flags
 * @since 0.1.0
 */
export const listing = (noun: string) => ({
  startDate: date("start-date").pipe(
    Flag.withDescription(`Only ${noun} created after: an RFC 3339 date-time, a date (00:00 UTC) or an age (7d, 2h)`),
    Flag.optional
  ),
  endDate: date("end-date").pipe(
    Flag.withDescription(`Only ${noun} created before: same forms as --start-date`),
    Flag.optional
  ),
  ...paging(noun)
})

const idOf = (title: string, parserOf: (parsers: typeof Parsers) => Parsers.Parser<string>) => ({
  argument: (name: string): Argument.Argument<string> =>
    Argument.String(name).pipe(
      Argument.mapEffect(parse("argument", name, parserOf)),
      Argument.withDescription(`${title} id`)
    ),
  flag: (name: string): Flag.Flag<string> =>
    Flag.String(name).pipe(Flag.mapEffect(parse("flag", name, parserOf)), Flag.withMetavar("ID"))
})

/**
 * The id of an operation.
 *
 * @category flags
 * @since 0.1.0
 */
export const operationId = idOf("Operation", ({ operationId }) => operationId)

/**
 * The ids of one or more operations.
 *
 * @category arguments
 * @since 0.1.0
 */
export const operationIds: Argument.Argument<ReadonlyArray<string>> = operationId.argument("ID").pipe(
  Argument.atLeast(1)
)

/**
 * The id of a SenderPool.
 *
 * @category flags
 * @since 0.1.0
 */
export const poolId = idOf("SenderPool", ({ poolId }) => poolId)

/**
 * The id of a Sender.
 *
 * @category flags
 * @since 0.1.0
 */
export const senderId = idOf("Sender", ({ senderId }) => senderId)

/**
 * `--dry-run`.
 *
 * @category flags
 * @since 0.1.0
 */
export const dryRun: Flag.Flag<boolean> = Flag.Boolean("dry-run").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print what would change, and change nothing")
)

/**
 * `--yes`.
 *
 * @category flags
 * @since 0.1.0
 */
export const yes: Flag.Flag<boolean> = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDefault(false),
  Flag.withDescription("Do not ask for a confirmation")
)

/**
 * A file that names Senders.
 *
 * @category flags
 * @since 0.1.0
 */
export const sendersFile: Flag.Flag<Option.Option<string>> = Flag.Path("file", { pathType: "file" }).pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription(
    "Senders from a .csv file with a column senderId or id, or from an .ndjson file with such a field"
  ),
  Flag.optional
)

/**
 * The pool and the Senders of a command that changes the Senders of a pool.
 *
 * @category flags
 * @since 0.1.0
 */
export const membership = {
  pool: poolId.argument("POOL"),
  senders: senderId.argument("SENDER").pipe(Argument.atLeast(0)),
  file: sendersFile
}

/**
 * The fields of a SenderPool.
 *
 * @category flags
 * @since 0.1.0
 */
export const poolFields = {
  name: Flag.String("name").pipe(Flag.withMetavar("NAME"), Flag.withDescription("Name of the pool"), Flag.optional),
  tags: Flag.KeyValuePair("tag").pipe(
    Flag.withMetavar("KEY=VALUE"),
    Flag.withDescription("A tag of the pool. Repeatable, at most 10"),
    Flag.optional
  )
}

/**
 * `--timeout` of a wait.
 *
 * @category flags
 * @since 0.1.0
 */
export const waitTimeout: Flag.Flag<Option.Option<Duration.Duration>> = positiveDuration("timeout").pipe(
  Flag.withDescription("Time limit of the wait for an operation. Default 1h"),
  Flag.optional
)

const channels: typeof Sender.KnownChannel.literals = ["SMS", "RCS", "EMAIL", "WHATSAPP", "PUSH"]

/**
 * The channel of a Sender.
 *
 * @category flags
 * @since 0.1.0
 */
export const channel: Flag.Flag<Sender.KnownChannel> = capitals("channel", channels).pipe(Flag.withMetavar("CHANNEL"))

const statuses: typeof Sender.KnownSenderStatus.literals = ["ACTIVATED", "DEACTIVATED"]

/**
 * The status of a Sender.
 *
 * @category flags
 * @since 0.1.0
 */
export const senderStatus: Flag.Flag<Option.Option<Sender.KnownSenderStatus>> = capitals("status", statuses).pipe(
  Flag.withMetavar("STATUS"),
  Flag.withDescription("Only Senders with this status"),
  Flag.optional
)
