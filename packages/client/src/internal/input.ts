import * as CommsError from "@effect-comms/domain/CommsError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Names the fields that a schema found at fault. `root` names the input itself when it is not a struct. */
export const toInvalidInput = (operation: string, root: string) => (error: Schema.SchemaError) => {
  const [first, ...rest] = format(error.issue).issues.map(({ message, path }) =>
    new CommsError.InputIssue({
      field: path === undefined || path.length === 0 ? root : path.map(String).join("."),
      problem: message
    })
  )
  const issues = [
    first ?? new CommsError.InputIssue({ field: root, problem: "Expected a valid value" }),
    ...rest
  ] as const
  return new CommsError.InvalidInput({ operation, field: issues[0].field, issues })
}

export const invalidInput = (operation: string, field: string, problem: string) =>
  new CommsError.InvalidInput({ operation, field, issues: [new CommsError.InputIssue({ field, problem })] })

/** A decoder of what a caller passes in: all problems at once, and the value at fault shown. */
export const makeDecoder = <S extends Schema.ConstraintDecoder<unknown>>(
  operation: string,
  root: string,
  schema: S
) => {
  const decode = Schema.decodeUnknownEffect(schema, { errors: "all", reportInput: true })
  const toError = toInvalidInput(operation, root)
  return (input: unknown): Effect.Effect<S["Type"], CommsError.InvalidInput> => Effect.mapError(decode(input), toError)
}
