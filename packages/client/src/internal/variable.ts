import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"

/** Reads a variable that may be absent. An empty one is how shells and CI systems spell "not set". */
export const variable = <A>(
  name: string,
  schema: Schema.ConstraintCodec<A, unknown>
): Effect.Effect<A | undefined, Config.ConfigError> =>
  Effect.flatMap(
    Config.option(Config.String(name)),
    (text): Effect.Effect<A | undefined, Config.ConfigError> =>
      Option.contains(text, "") || Option.isNone(text) ? Effect.undefined : Config.schema(schema, name)
  )
