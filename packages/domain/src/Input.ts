/**
 * Checks of caller input. Invalid input fails with an `InvalidInput` error that names its fields, before anything is
 * sent.
 *
 * @module
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as CommsError from "./CommsError.ts"
import { maxShown } from "./internal/describe.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const shorten = (text: string): string => text.length > maxShown ? `${text.slice(0, maxShown)}…` : text

// A value stands at the end of the message of a schema.
const withShortValue = (message: string): string => {
  const [expected = "", ...value] = message.split(/(?<=, got | with value )/)
  return expected + shorten(value.join(""))
}

// `["senders", 17, "senderId"]` is `senders[17].senderId`.
const fieldOf = (root: string, path: ReadonlyArray<unknown> = []): string =>
  path.reduce<string>(
    (field, part) =>
      typeof part === "number"
        ? `${field === "" ? root : field}[${part}]`
        : `${field === "" ? "" : `${field}.`}${String(part)}`,
    ""
  ) || root

/**
 * Turns a schema's error into an `InvalidInput` with one issue for each field. The client uses it for its own schemas.
 *
 * **Details**
 *
 * - `call`: the method that checks its input.
 * - `root`: the name of the input itself, for issues without a path.
 *
 * @category errors
 * @stability unstable
 * @since 0.1.0
 */
export const toInvalidInput = (call: string, root: string) => (error: Schema.SchemaError) => {
  const [first, ...rest] = format(error.issue).issues.map(({ message, path }) =>
    new CommsError.InputIssue({
      field: shorten(fieldOf(root, path)),
      problem: withShortValue(message)
    })
  )
  const issues = [
    first ?? new CommsError.InputIssue({ field: root, problem: "Expected a valid value" }),
    ...rest
  ] as const
  return new CommsError.InvalidInput({ call, field: issues[0].field, issues })
}

/**
 * Makes the error that rejects one field, for checks that a schema cannot express.
 *
 * @category errors
 * @stability unstable
 * @since 0.1.0
 */
export const invalidInput = (call: string, field: string, problem: string) =>
  new CommsError.InvalidInput({ call, field, issues: [new CommsError.InputIssue({ field, problem })] })

/**
 * Makes a decoder for the parameters and options of a method. Its error reports every issue and the invalid values.
 *
 * **Details**
 *
 * - `call`: the method that checks its input.
 * - `root`: the name of the input itself, for issues without a path.
 * - `onExcessProperty`: whether an unknown field is ignored or an error. Default `"ignore"`. Use `"error"` for a file,
 *   where an unknown field is probably a typing mistake.
 *
 * @category constructors
 * @stability unstable
 * @since 0.1.0
 */
export const makeDecoder = <S extends Schema.ConstraintDecoder<unknown>>(
  call: string,
  root: string,
  schema: S,
  onExcessProperty: "ignore" | "error" = "ignore"
) => {
  const decode = Schema.decodeUnknownEffect(schema, { errors: "all", reportInput: true, onExcessProperty })
  const toError = toInvalidInput(call, root)
  return (input: unknown): Effect.Effect<S["Type"], CommsError.InvalidInput> => Effect.mapError(decode(input), toError)
}

/**
 * A whole number from `minimum`, and up to `maximum` if there is one. The options of the client use it.
 *
 * @category schemas
 * @stability unstable
 * @since 0.1.0
 */
export const intFrom = (minimum: number, maximum?: number): Schema.Int => {
  const expected = `a whole number from ${minimum}${maximum === undefined ? "" : ` to ${maximum}`}`
  return Schema.Int.annotate({ expected }).check(
    maximum === undefined
      ? Schema.isGreaterThanOrEqualTo(minimum, { expected })
      : Schema.isBetween({ minimum, maximum }, { expected })
  )
}

// `Duration.fromInput` also returns none for values outside its input type, but reads `NaN` as 0.
const isDurationInput = (input: unknown): input is Duration.Input =>
  !Number.isNaN(input) && Option.isSome(Duration.fromInput(input as Duration.Input))

const durationFromInput = (expected: string, isValid: (duration: Duration.Duration) => boolean) =>
  Schema.declare(isDurationInput, { expected }).pipe(
    Schema.decodeTo(
      Schema.Duration.check(Schema.makeFilter(isValid, { expected })),
      SchemaTransformation.transform({
        decode: Duration.fromInputUnsafe,
        encode: (duration): Duration.Input => duration
      })
    )
  )

/**
 * Accepts every form of `Duration.Input` and decodes it to a `Duration`. Rejects negative durations.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DurationFromInput = durationFromInput(
  "a duration such as \"30 seconds\" or a number of milliseconds, not negative",
  (duration) => !Duration.isNegative(duration)
)

/**
 * Accepts every form of `Duration.Input` and decodes it to a `Duration`. Rejects zero and negative durations.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PositiveDurationFromInput = durationFromInput(
  "a duration such as \"30 seconds\", above zero",
  Duration.isPositive
)

const units = { ms: Duration.millis, s: Duration.seconds, m: Duration.minutes, h: Duration.hours, d: Duration.days }

const isUnit = (unit: string): unit is keyof typeof units => unit in units

/**
 * The forms that {@link parseDuration} reads, for messages.
 *
 * @category constants
 * @since 0.1.0
 */
export const durationForms = "a duration such as 200ms, 30s, 10m, 2h, 7d or \"30 seconds\""

/**
 * Reads a duration from a flag or an environment variable: `200ms`, `30s`, `10m`, `2h`, `7d`, or one of Effect's own
 * forms, such as `30 seconds`. A negative duration gives none.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (isUnit(unit)) return Option.some(units[unit](Number(amount)))
  return isDurationInput(text)
    ? Option.filter(Option.some(Duration.fromInputUnsafe(text)), (duration) => !Duration.isNegative(duration))
    : Option.none()
}

/**
 * Decodes the text of an environment variable with {@link parseDuration}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DurationFromText = Schema.String.pipe(
  Schema.decodeTo(
    Schema.Duration,
    SchemaTransformation.transformEffect<Duration.Duration, string>({
      decode: (text, options) =>
        Effect.mapError(
          Effect.fromOption(parseDuration(text)),
          () => new SchemaIssue.InvalidValue({ expected: durationForms }, text, options)
        ),
      encode: (duration) => Effect.succeed(String(duration))
    })
  )
)

/**
 * Decodes the text of an environment variable to a duration above zero.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PositiveDurationFromText = DurationFromText.check(
  Schema.makeFilter(Duration.isPositive, { expected: `${durationForms}, above zero` })
)

/**
 * What {@link omitUndefined} makes of a type. Declarations of other modules name it, because its inlined form does not
 * compile with generic fields.
 *
 * @category utility types
 * @stability unstable
 * @since 0.1.0
 */
export type OmitUndefined<A> =
  & { readonly [K in keyof A as undefined extends A[K] ? never : K]: A[K] }
  & { readonly [K in keyof A as undefined extends A[K] ? K : never]?: Exclude<A[K], undefined> }

/**
 * Omits the fields that are undefined, for schemas and options with `optionalKey` fields. A field that can be undefined
 * becomes optional.
 *
 * @category combinators
 * @stability unstable
 * @since 0.1.0
 */
export function omitUndefined<A extends object>(fields: A): OmitUndefined<A>
export function omitUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/**
 * Checks caller input with a schema whose fields can be undefined, and omits the fields that are. It only decodes.
 *
 * @category combinators
 * @stability unstable
 * @since 0.1.0
 */
export const withoutUndefined = <S extends Schema.Codec<object, unknown>>(input: S) =>
  input.pipe(Schema.decodeTo(
    Schema.declare((decoded): decoded is OmitUndefined<S["Type"]> => Predicate.isObject(decoded)),
    {
      decode: SchemaGetter.transform(omitUndefined<S["Type"]>),
      encode: SchemaGetter.forbidden(() => "Input is not encoded")
    }
  ))
