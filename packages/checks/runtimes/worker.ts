// workerd: the input is the body of the request.
import { main } from "./main.js"

export default {
  fetch: async (request: Request): Promise<Response> => Response.json(await main(await request.json()))
}
