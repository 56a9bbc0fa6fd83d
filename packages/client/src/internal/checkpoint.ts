// Binds checkpoints to a server and an account, and checks them before anything is sent.
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import * as CommsError from "@effect-comms/domain/CommsError"
import { invalidInput, omitUndefined } from "@effect-comms/domain/Input"
import * as Digest from "effect/crypto/Digest"
import * as WebCrypto from "effect/crypto/WebCrypto"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const sha256 = Effect.fnUntraced(function*(text: string) {
  const digest = yield* Digest.Digest
  return yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(text))
})

/** The server and the account that checkpoints are bound to. Fails on a platform that cannot compute digests. */
export type Identify = Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput>

/** The digests of a base URL and a user name. The prefixes make them differ from other digests of the same text. */
export const identify = (baseUrl: string, username: Redacted.Redacted<string>): Identify =>
  Effect.gen(function*() {
    const crypto: Partial<typeof globalThis.crypto> | undefined = yield* WebCrypto.WebCrypto
    if (crypto?.subtle === undefined) {
      const problem = "Checkpoints need WebCrypto (crypto.subtle), which this platform does not have"
      return yield* invalidInput("CommsClient.identity", "checkpoint", problem)
    }
    return yield* Effect.all({
      baseUrl: sha256(`effect-comms/base-url:${baseUrl}`),
      account: sha256(`effect-comms/account:${Redacted.value(username)}`)
    }).pipe(Effect.provide(Digest.layerWebCrypto))
  })

/** The identity of a service without a client, as in tests. */
export const anonymous: Checkpoint.Identity = { baseUrl: "0".repeat(64), account: "0".repeat(64) }

/** The common fields of a checkpoint that is made now. */
export const stamp = (identity: Checkpoint.Identity, resource: string): Effect.Effect<Checkpoint.Bound> =>
  Effect.map(DateTime.now, (madeAt) => ({ version: Checkpoint.version, resource, ...identity, madeAt }))

/**
 * Makes the function that validates a checkpoint: its version, resource, server, account and age. Clocks differ, so a
 * checkpoint from the future is accepted.
 */
export const check = <S extends Checkpoint.CheckpointSchema>({ call, identity, resource, schema }: {
  readonly call: string
  readonly schema: S
  readonly identity: Identify
  readonly resource: string
}) => {
  const read = Checkpoint.makeReader(call, schema)
  const mismatch = (part: CommsError.CheckpointMismatch["part"], detail?: string) =>
    new CommsError.CheckpointMismatch(omitUndefined({ call, part, detail }))
  return Effect.fnUntraced(function*(
    input: unknown,
    maxAge: Duration.Duration = Duration.days(7)
  ): Effect.fn.Return<S["Type"], CommsError.InvalidInput | CommsError.CheckpointMismatch> {
    const checkpoint = yield* read(input)
    const own = yield* identity
    if (checkpoint.resource !== resource) {
      return yield* mismatch("resource", `it belongs to ${checkpoint.resource.slice(0, 100)}, not to ${resource}`)
    }
    if (checkpoint.baseUrl !== own.baseUrl) return yield* mismatch("baseUrl")
    if (checkpoint.account !== own.account) return yield* mismatch("account")
    const age = DateTime.distance(checkpoint.madeAt, yield* DateTime.now)
    if (Duration.isGreaterThan(age, maxAge)) {
      return yield* mismatch(
        "age",
        `it was made at ${DateTime.formatIso(checkpoint.madeAt)}, more than ${Duration.format(maxAge)} ago`
      )
    }
    return checkpoint
  })
}
