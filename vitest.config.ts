import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    sequence: { concurrent: false },
    // Many tests wait for processes of their own.
    maxWorkers: "100%",
    testTimeout: 30_000
  }
})
