// The two schemas of a kind of id: strict for ids that callers give, lenient for ids that the server sends.
import * as Schema from "effect/Schema"

/**
 * Makes both schemas.
 *
 * The published pattern is `[0-7]` and 25 to 34 characters, without an end anchor. Examples in the API's documentation
 * have one character less, or begin with 8. So callers can give those too, and the server's ids can be any text.
 */
export const make = (
  type: string,
  { description, name, title }: { readonly title: string; readonly name: string; readonly description: string }
) => {
  const pattern = new RegExp(`^comms_${type}_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$`, "u")
  const accepted = new RegExp(`^comms_${type}_[a-hjkmnpqrstv-z0-9]{25,35}$`, "u")
  const expected = `${name} such as comms_${type}_01h9krwprkeee8fzqspvwy6nq8`
  const checked = (isId: (id: string) => boolean) =>
    Schema.String.annotate({ title, description, expected }).check(Schema.makeFilter(isId, {
      expected,
      toJsonSchema: () => ({ pattern: pattern.source }),
      arbitraryConstraint: { patterns: [{ source: pattern.source, flags: pattern.flags }] }
    }))
  return { fromCaller: checked((id) => accepted.test(id)), fromServer: checked((id) => id !== "") }
}
