import { scenarios } from "./utils/scenarios.ts"
import { onPort } from "./utils/wiring.ts"

scenarios("on a port", onPort)
