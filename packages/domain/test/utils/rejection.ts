import { Effect, Schema } from "effect"

export const rejection = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (input: unknown) => Effect.map(Effect.flip(decode(input)), (error) => error.message)
}
