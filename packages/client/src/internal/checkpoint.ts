// Checkpoints are bound to who makes them, and are checked before anything is sent.
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Digest from "effect/crypto/Digest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const sha256 = Effect.fnUntraced(function*(text: string) {
  const digest = yield* Digest.Digest
  return yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(text))
})

/** The digests of a base URL and of a user name. The prefixes keep them apart from digests of the same texts elsewhere. */
export const identify = (
  baseUrl: string,
  username: Redacted.Redacted<string>
): Effect.Effect<Checkpoint.Identity> =>
  Effect.all({
    baseUrl: sha256(`effect-comms/base-url:${baseUrl}`),
    account: sha256(`effect-comms/account:${Redacted.value(username)}`)
  }).pipe(Effect.provide(Digest.layerWebCrypto))

/** The identity of a service that no client is behind, as in a test. */
export const anonymous: Checkpoint.Identity = { baseUrl: "0".repeat(64), account: "0".repeat(64) }

/** The fields that bind a checkpoint, as of now. */
export const stamp = (identity: Effect.Effect<Checkpoint.Identity>, resource: string) =>
  Effect.map(
    Effect.all([identity, DateTime.now]),
    ([identity, madeAt]): Checkpoint.Bound => ({ version: Checkpoint.version, resource, ...identity, madeAt })
  )

export const defaultMaxAge = Duration.days(7)

/**
 * Makes the function that checks a checkpoint before it is gone on from: of this version, this resource, this server and
 * this account, and not too old. One from the future is as good as new, since clocks differ.
 */
export const check = <S extends Checkpoint.CheckpointSchema>(options: {
  readonly call: string
  readonly schema: S
  readonly identity: Effect.Effect<Checkpoint.Identity>
  readonly resource: string
}) => {
  const { identity, call, resource, schema } = options
  const read = Checkpoint.makeReader(call, schema)
  const refuse = (part: CommsError.CheckpointMismatch["part"], detail?: string) =>
    new CommsError.CheckpointMismatch({ call, part, ...(detail === undefined ? {} : { detail }) })
  return Effect.fnUntraced(function*(
    input: unknown,
    maxAge: Duration.Duration = defaultMaxAge
  ): Effect.fn.Return<S["Type"], CommsError.InvalidInput | CommsError.CheckpointMismatch> {
    const checkpoint = yield* read(input)
    const own = yield* identity
    if (checkpoint.resource !== resource) {
      return yield* refuse("resource", `it is of ${checkpoint.resource}, and this is ${resource}`)
    }
    if (checkpoint.baseUrl !== own.baseUrl) return yield* refuse("baseUrl")
    if (checkpoint.account !== own.account) return yield* refuse("account")
    const age = DateTime.distance(checkpoint.madeAt, yield* DateTime.now)
    if (Duration.isGreaterThan(age, maxAge)) {
      return yield* refuse(
        "age",
        `it was made at ${DateTime.formatIso(checkpoint.madeAt)}, more than ${Duration.format(maxAge)} ago`
      )
    }
    return checkpoint
  })
}
