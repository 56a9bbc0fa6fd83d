import type { TwilioError } from "@effect-comms/domain"
import { Arbitrary, type Schema } from "effect"

const isNormalized = ({ context, infoUrl }: TwilioError.TwilioError) =>
  context !== "null" && !/^\/(?!\/)/.test(infoUrl ?? "")

/** Values whose errors decoding leaves unchanged: with absolute links, and without the context "null". */
export const normalizedErrors = <S extends Schema.Constraint>(
  schema: S,
  errorsOf: (value: S["Type"]) => ReadonlyArray<TwilioError.TwilioError>
): Arbitrary.Arbitrary<S["Type"]> =>
  Arbitrary.filter(Arbitrary.schema(schema), (value) => errorsOf(value).every(isNormalized))
