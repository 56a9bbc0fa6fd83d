/**
 * Checkpoints: where a piece of work stands, as a value that can be stored and taken up again, by another process too.
 *
 * Every checkpoint says what it is of, and on which server and account, as digests: it holds no secret, and is of no use
 * anywhere else.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CommsError from "./CommsError.ts"
import { makeDecoder } from "./Input.ts"
import { PageToken, progress } from "./Pagination.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The version of the checkpoints that this library writes and reads.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = 1

/**
 * A SHA-256 digest, as 64 hexadecimal digits.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Sha256 = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "a SHA-256 digest of 64 hexadecimal digits" })
)

/**
 * Where and on whose behalf a client calls: digests of its base URL, and of its account SID or API key SID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Identity = Schema.Struct({ baseUrl: Sha256, account: Sha256 })

/**
 * @category models
 * @since 0.1.0
 */
export interface Identity extends Schema.Schema.Type<typeof Identity> {}

/**
 * What every checkpoint has: its version, the resource it is of, the server and the account, and when it was made.
 *
 * @category schemas
 * @since 0.1.0
 */
export const bound = {
  version: Schema.Literal(version),
  resource: Schema.NonEmptyString,
  ...Identity.fields,
  madeAt: Timestamp
}

/**
 * The common fields of a checkpoint.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Bound = Schema.Struct(bound)

/**
 * @category models
 * @since 0.1.0
 */
export interface Bound extends Schema.Schema.Type<typeof Bound> {}

/**
 * Where a walk through the pages of a list stands: everything before `pageToken` was taken.
 *
 * **Details**
 *
 * `pageToken` is the next page's, or `null` when the walk is over. `filters` are those of the walk as they travel, `pages`
 * and `items` how many were delivered so far, and `lastPage` is a fingerprint of the last one.
 *
 * @category models
 * @since 0.1.0
 */
export class ListCheckpoint extends Schema.TaggedClass<ListCheckpoint>("@effect-comms/domain/ListCheckpoint")(
  "ListCheckpoint",
  { ...bound, ...progress, pageToken: Schema.NullOr(PageToken) }
) {}

/**
 * A schema of checkpoints.
 *
 * @category models
 * @since 0.1.0
 */
export type CheckpointSchema = Schema.ConstraintCodec<Bound, unknown>

const Head = Schema.Struct({ version: Schema.Finite })

/**
 * Makes the function that reads a checkpoint from what it was written as: an object, as JSON has it, or the checkpoint
 * itself.
 *
 * **Details**
 *
 * Another version fails with `CheckpointMismatch` before anything else is looked at, and what is malformed with
 * `InvalidInput`, which names the field.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeReader = <S extends CheckpointSchema>(call: string, schema: S) => {
  const is = Schema.is(schema)
  const decodeHead = makeDecoder(call, "checkpoint", Head)
  const decode = makeDecoder(call, "checkpoint", schema)
  return Effect.fnUntraced(function*(
    input: unknown
  ): Effect.fn.Return<S["Type"], CommsError.InvalidInput | CommsError.CheckpointMismatch> {
    if (is(input)) return input
    const head = yield* decodeHead(input)
    if (head.version !== version) {
      return yield* new CommsError.CheckpointMismatch({
        call,
        part: "version",
        detail: `it has version ${head.version}, and this is version ${version}`
      })
    }
    return yield* decode(input)
  })
}

/**
 * Makes the function that reads a checkpoint of one kind from JSON text.
 *
 * **Details**
 *
 * Another version fails with `CheckpointMismatch`, and text that is malformed with `InvalidInput`, which names the field.
 *
 * **Example** (Storing a checkpoint as text)
 *
 * ```ts
 * import { Checkpoint } from "@effect-comms/domain"
 *
 * export const write = Checkpoint.toJson(Checkpoint.ListCheckpoint)
 *
 * export const read = Checkpoint.fromJson(Checkpoint.ListCheckpoint)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromJson = <S extends CheckpointSchema>(
  schema: S
): (text: string) => Effect.Effect<S["Type"], CommsError.InvalidInput | CommsError.CheckpointMismatch> => {
  const parse = makeDecoder("Checkpoint.fromJson", "checkpoint", Schema.fromJsonString(Schema.Unknown))
  const read = makeReader("Checkpoint.fromJson", schema)
  return (text) => Effect.flatMap(parse(text), read)
}

/**
 * Makes the function that writes a checkpoint of one kind as JSON text.
 *
 * @category encoding
 * @since 0.1.0
 */
export const toJson = <S extends CheckpointSchema>(schema: S): (checkpoint: S["Type"]) => string =>
  Schema.encodeSync(Schema.fromJsonString(schema))
