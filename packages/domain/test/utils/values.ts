import type { TwilioError } from "@effect-comms/domain"
import { Arbitrary, type Schema } from "effect"

const isSettled = ({ context, infoUrl }: TwilioError.TwilioError) => context !== "null" && !/^\/(?!\/)/.test(infoUrl)

/** Values whose errors are in the form that decoding brings them to: absolute links, and no context named "null". */
export const settledErrors = <S extends Schema.Constraint>(
  schema: S,
  errorsOf: (value: S["Type"]) => ReadonlyArray<TwilioError.TwilioError>
): Arbitrary.Arbitrary<S["Type"]> =>
  Arbitrary.filter(Arbitrary.schema(schema), (value) => errorsOf(value).every(isSettled))
