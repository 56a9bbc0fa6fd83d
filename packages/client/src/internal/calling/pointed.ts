// Finds the text of a request's body that an error of the answer points to.
import * as Predicate from "effect/Predicate"

const maxLength = 100

const childOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

/** The text at a JSON path such as `$.to[0].address`, shortened. An object with one field stands for that field. */
export const textAt = (body: unknown, path: string): string | undefined => {
  let found = path.match(/[^$.[\]'"]+/g)?.reduce(childOf, body)
  while (Predicate.isObject(found) && !Array.isArray(found) && Object.keys(found).length === 1) {
    ;[found] = Object.values(found)
  }
  return typeof found !== "string" ? undefined : found.length > maxLength ? `${found.slice(0, maxLength)}…` : found
}
