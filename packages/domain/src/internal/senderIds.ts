// The ids that `Sender` and `SenderPool` share. Other bundles do not load them.
import * as Ids from "./ids.ts"

export const sender = Ids.make("sender", { title: "SenderId", name: "a Sender id", description: "The id of a Sender." })

export const senderPool = Ids.make("senderpool", {
  title: "SenderPoolId",
  name: "a SenderPool id",
  description: "The id of a SenderPool."
})
