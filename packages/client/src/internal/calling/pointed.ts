// Finds the text of a request's body that an error of the answer points to.
import * as Predicate from "effect/Predicate"

const maxLength = 100

const stepForm = /^(?:\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\])/

const stepsOf = (path: string): ReadonlyArray<string> | undefined => {
  const steps: Array<string> = []
  for (let rest = path.startsWith("$") ? path.slice(1) : path; rest !== "";) {
    const [step = "", ...names] = stepForm.exec(rest) ?? []
    const name = names.find(Predicate.isNotUndefined)
    if (name === undefined) return undefined
    steps.push(name)
    rest = rest.slice(step.length)
  }
  return steps
}

const childOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

/** The text at a JSON path, shortened. An object with a single field stands for that field. */
export const textAt = (body: unknown, path: string): string | undefined => {
  let found = (stepsOf(path) ?? [""]).reduce(childOf, body)
  while (Predicate.isObject(found) && !Array.isArray(found) && Object.keys(found).length === 1) {
    ;[found] = Object.values(found)
  }
  return typeof found !== "string" ? undefined : found.length > maxLength ? `${found.slice(0, maxLength)}…` : found
}
