import * as Schema from "effect/Schema"

/** A text that the API does not document, such as a status, kept as the API wrote it. */
export const unknownText = (known: ReadonlyArray<string>, expected: string) => {
  const documented: ReadonlySet<string> = new Set(known)
  return Schema.String.check(
    Schema.makeFilter((text: string) => !documented.has(text), { expected, toJsonSchema: () => [{}, true] })
  )
}
