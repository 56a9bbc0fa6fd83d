// The names of the calls that an emulator answers, as conditions of fault plans hold them.
import * as Sender from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import * as Schema from "effect/Schema"
import * as FaultPlan from "../../FaultPlan.ts"
import type { Families } from "./model.ts"

// Operations come first, because their paths have the form of a SenderPool's.
const endpointsOf = (families: Families) => [
  ...families.flatMap(({ fetch, list }) => [fetch, list]),
  ...Object.values(SenderPool.endpoints),
  ...Object.values(Sender.endpoints)
]

/** The call of a request, or undefined for a request of none. */
export const makeCallOf = (families: Families) => {
  const patterns = endpointsOf(families).map(({ call, method, path }) => ({
    call,
    method,
    path: new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`)
  }))
  return (method: string, path: string): string | undefined =>
    patterns.find((endpoint) => endpoint.method === method && endpoint.path.test(path))?.call
}

/** A plan of faults whose conditions name only calls of these families. */
export const makeFaultPlan = (families: Families) => {
  const calls: ReadonlyArray<string> = endpointsOf(families).map(({ call }) => call)
  return FaultPlan.FaultPlan.check(Schema.makeFilter(({ rules }) => {
    const index = rules.findIndex(({ when }) => when?.call !== undefined && !calls.includes(when.call))
    return index < 0
      ? undefined
      : { path: ["rules", index, "when", "call"], issue: `Expected one of ${calls.join(", ")}` }
  }))
}
