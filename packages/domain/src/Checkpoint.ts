/**
 * Checkpoints: the state of a list, a wait or a feed as a value that can be stored, and resumed by another process.
 *
 * A checkpoint is bound to its resource, and to digests of its server and account. It holds no secret, and cannot be
 * resumed elsewhere.
 *
 * @module
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CommsError from "./CommsError.ts"
import { makeDecoder } from "./Input.ts"
import { PageToken, Position } from "./Pagination.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The version of the checkpoints that this library reads and writes.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = 1

const Sha256 = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "a SHA-256 digest of 64 hexadecimal digits" })
)

/**
 * The server and account of a client, as SHA-256 digests of its base URL and of its account SID or API key
 * SID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Identity = Schema.Struct({ baseUrl: Sha256, account: Sha256 })

/**
 * The type of the schema `Identity`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identity extends Schema.Schema.Type<typeof Identity> {}

/**
 * The common part of every checkpoint. The schemas of checkpoints spread its fields.
 *
 * **Details**
 *
 * - `version`: the version of the checkpoint's form. See {@link version}.
 * - `resource`: the name of the service that made it, such as `SenderPoolOperations`.
 * - `baseUrl`, `account`: digests of the server and the account. See {@link Identity}.
 * - `madeAt`: the time it was made.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Bound = Schema.Struct({
  version: Schema.Literal(version),
  resource: Schema.NonEmptyString,
  ...Identity.fields,
  madeAt: Timestamp
})

/**
 * The type of the schema `Bound`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bound extends Schema.Schema.Type<typeof Bound> {}

/**
 * The state of a stream of a list: every page before `pageToken` was consumed.
 *
 * **Details**
 *
 * - `pageToken`: the token of the next page, or `null` at the end of the list.
 * - `filters`, `pages`, `items`, `lastPage`: see `Pagination.Position`.
 * - The other fields: see {@link Bound}.
 *
 * @category models
 * @since 0.1.0
 */
export class ListCheckpoint extends Schema.TaggedClass<ListCheckpoint>("@effect-comms/domain/ListCheckpoint")(
  "ListCheckpoint",
  { ...Bound.fields, ...Position.fields, pageToken: Schema.NullOr(PageToken) }
) {}

/**
 * The schema of one kind of checkpoint.
 *
 * @category models
 * @since 0.1.0
 */
export type CheckpointSchema = Schema.ConstraintCodec<Bound, unknown>

const Head = Schema.Struct({ version: Schema.Finite })

/**
 * Makes the function that reads one kind of checkpoint from a JSON object. It returns an instance unchanged. The client
 * uses it for the checkpoints that its methods take.
 *
 * **Details**
 *
 * Another version fails with `CheckpointMismatch` before any other field is checked. A malformed field fails with
 * `InvalidInput`, which names it.
 *
 * @category constructors
 * @stability unstable
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
 * Another version fails with `CheckpointMismatch`. Malformed text fails with `InvalidInput`, which names the field.
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
