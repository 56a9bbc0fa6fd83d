import * as Command from "effect/cli/Command"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export const doctor = Command.make(
  "doctor",
  { format: Format.flag },
  Handler.lazy(() => import("../run/doctor.ts"))
).pipe(
  Command.withDescription(
    "Show the configuration and its sources, and test the API, the credentials and the clock"
  ),
  Command.withExamples([{ command: "comms doctor --env-file .env", description: "Test the variables of a file" }])
)
