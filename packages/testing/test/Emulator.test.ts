import { scenarios } from "./utils/scenarios.ts"
import { inProcess } from "./utils/wiring.ts"

scenarios("in process", inProcess)
