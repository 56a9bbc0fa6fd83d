import { defineConfig } from "vitest/config"

const packages = ["domain", "client", "promise", "testing", "cli", "examples", "checks"]

export default defineConfig({
  test: {
    projects: packages.map((name) => ({
      extends: true,
      test: { name, include: [`packages/${name}/test/**/*.test.ts`] }
    })),
    sequence: { concurrent: false },
    // Many tests wait for processes of their own.
    maxWorkers: "100%",
    // A limit only ends a test that hangs. A busy machine takes ten times as long as a quiet one.
    testTimeout: 180_000
  }
})
