import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Ends a test run with the line `N passed, N failed`. A skipped test and an error outside of any test count as failed (DECISIONS 4).
 * `TOTAL_FILE` names a file that receives the two numbers, for runs in several parts.
 */
export default class TotalLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const { passed, failed } = total(modules, errors.length)
    if (failed > 0) process.exitCode = 1
    const file = process.env['TOTAL_FILE']
    if (file !== undefined) writeFileSync(file, `${passed} ${failed}\n`)
    // Printed at exit, because the default reporter prints its summary after this method returns.
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  }
}

function total(modules: readonly TestModule[], errors: number): { readonly passed: number; readonly failed: number } {
  let passed = 0
  let failed = errors
  for (const module of modules) {
    if (module.errors().length > 0) failed++
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      else failed++
      if (state === 'skipped') process.stdout.write(`Skipped test counts as failed: ${test.fullName}\n`)
    }
  }
  return { passed, failed }
}
