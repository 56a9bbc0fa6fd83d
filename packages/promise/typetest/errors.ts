import type { CommsError } from "@effect-comms/domain"
import type { Equal, Expect } from "../../client/typetest/utils/expect.ts"
import type { TransportFailureError } from "../src/index.ts"

export type Tests = [Expect<Equal<TransportFailureError["reason"], CommsError.TransportFailure["reason"]>>]
