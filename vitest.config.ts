import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    sequence: { concurrent: false },
    // Many tests wait for processes of their own.
    maxWorkers: "100%",
    // A limit only ends a test that hangs. A busy machine takes ten times as long as a quiet one.
    testTimeout: 180_000
  }
})
