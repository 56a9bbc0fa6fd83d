import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"

/** Reads an optional variable. Shells and CI systems set a variable to the empty string to unset it. */
export const variable = <A>(
  name: string,
  schema: Schema.ConstraintCodec<A, unknown>
): Effect.Effect<A | undefined, Config.ConfigError> =>
  Effect.flatMap(
    Config.option(Config.String(name)),
    (text): Effect.Effect<A | undefined, Config.ConfigError> =>
      Option.contains(text, "") || Option.isNone(text) ? Effect.undefined : Config.schema(schema, name)
  )
